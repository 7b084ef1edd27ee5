"""The first number of the epoch: retention moves the floor, and readers are told both."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T14:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "first number of the epoch"

# So far nothing but a new epoch has moved the floor.
FORWARDS = """
ALTER TABLE event_head ADD first_seq bigint;
UPDATE event_head SET first_seq = floor_seq;
ALTER TABLE event_head ALTER first_seq SET NOT NULL,
    ADD CONSTRAINT event_head_order CHECK (first_seq <= floor_seq AND floor_seq <= last_seq + 1);
"""

BACKWARDS = """
ALTER TABLE event_head DROP CONSTRAINT event_head_order, DROP first_seq;
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
