"""Whether a third party's letter forbids to tell the person; those filed before are taken so."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T01:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "whether a disclosure is kept from the person"

FORWARDS = """
ALTER TABLE disclosure ADD COLUMN secret boolean NOT NULL DEFAULT true;
ALTER TABLE disclosure ALTER COLUMN secret DROP DEFAULT;
"""

BACKWARDS = """
ALTER TABLE disclosure DROP COLUMN secret;
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
