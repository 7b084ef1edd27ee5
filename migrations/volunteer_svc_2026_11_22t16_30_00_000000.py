"""Lists of volunteers by state: who is not inducted and who has left are few, and found at once."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T16:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "volunteers by state; what verifying found"

FORWARDS = """
CREATE INDEX registration_not_inducted ON registration (volunteer_id) WHERE inducted_on IS NULL;
CREATE INDEX registration_ended ON registration (volunteer_id) WHERE ended_on IS NOT NULL;
CREATE INDEX volunteer_star ON volunteer (star, id) WHERE star > 0;

CREATE TABLE verification (
    id uuid PRIMARY KEY,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL CHECK (finished_at >= started_at),
    differences integer NOT NULL CHECK (differences >= 0),
    first_difference varchar(256),
    counts jsonb NOT NULL,
    CHECK ((first_difference IS NULL) = (differences = 0))
);
"""

BACKWARDS = """
DROP TABLE verification;
DROP INDEX volunteer_star, registration_ended, registration_not_inducted;
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
