"""Revisions of webhook endpoints; attempts found by their event."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T16:55:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "revisions of webhook endpoints, attempts by event"

FORWARDS = """
ALTER TABLE endpoint ADD COLUMN revision integer NOT NULL DEFAULT 1 CHECK (revision > 0);
CREATE INDEX delivery_attempt_event ON delivery_attempt (event_id);
"""

BACKWARDS = """
DROP INDEX delivery_attempt_event;
ALTER TABLE endpoint DROP COLUMN revision;
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
