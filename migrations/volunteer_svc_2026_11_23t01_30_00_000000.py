"""The relay writes down, too, that some process looks for webhooks to deliver."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T01:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "a mark of the relay for webhooks"

FORWARDS = """
ALTER TABLE relay_mark DROP CONSTRAINT relay_mark_way_check,
    ADD CHECK (way IN ('sequencer', 'webhooks', 'stream', 'jetstream'));
"""

BACKWARDS = """
DELETE FROM relay_mark WHERE way = 'webhooks';
ALTER TABLE relay_mark DROP CONSTRAINT relay_mark_way_check,
    ADD CHECK (way IN ('sequencer', 'stream', 'jetstream'));
"""


async def forwards():
    manager = MigrationManager(ID, app_name="volunteer_svc", description=DESCRIPTION)

    async def run_forwards():
        await engine_finder().current_transaction.get().connection.execute(FORWARDS)

    async def run_backwards():
        await engine_finder().current_transaction.get().connection.execute(BACKWARDS)

    manager.add_raw(run_forwards)
    manager.add_raw_backwards(run_backwards)
    return manager
