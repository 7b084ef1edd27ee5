"""Who means to come to an induction session: a plan, beside the attendance list that counts."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T14:60:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "signing up for an induction"

# One at a time: who signs up for another session gives the first place up.
FORWARDS = """
CREATE TABLE induction_sign_up (
    volunteer_id uuid PRIMARY KEY REFERENCES volunteer,
    session_id uuid NOT NULL REFERENCES induction_session,
    signed_up_at timestamptz NOT NULL
);
CREATE INDEX induction_sign_up_session ON induction_sign_up (session_id);
CREATE INDEX induction_session_coming ON induction_session (station_id, held_on);
"""

BACKWARDS = """
DROP INDEX induction_session_coming;
DROP TABLE induction_sign_up;
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
