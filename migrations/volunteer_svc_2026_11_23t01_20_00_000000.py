"""Badges whose revocation no signed list tells of yet: found without looking at all badges."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T01:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "revocations of badges that are not listed yet"

# Those of today are listed once more, which does no harm.
FORWARDS = """
ALTER TABLE badge ADD COLUMN revocation_listed boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT badge_listed_is_revoked CHECK (revoked_at IS NOT NULL OR NOT revocation_listed);
CREATE INDEX badge_revocation_to_list ON badge (status_index)
    WHERE revoked_at IS NOT NULL AND NOT revocation_listed;
"""

BACKWARDS = """
ALTER TABLE badge DROP COLUMN revocation_listed;
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
