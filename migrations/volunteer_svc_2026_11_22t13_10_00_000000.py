"""Signing in: sessions that can be listed and ended, and the wait after failures."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T13:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "signing in"

FORWARDS = """
ALTER TABLE session ADD COLUMN id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid();
ALTER TABLE session ALTER COLUMN id DROP DEFAULT;
CREATE INDEX session_owner ON session (coalesce(staff_id, volunteer_id), id);

CREATE TABLE sign_in_attempt (
    name_hash bytea PRIMARY KEY,
    failures integer NOT NULL CHECK (failures >= 1),
    last_at timestamptz NOT NULL,
    locked_until timestamptz NOT NULL CHECK (locked_until <= last_at + interval '1 hour')
);
CREATE INDEX sign_in_attempt_last_at ON sign_in_attempt (last_at);

CREATE TABLE staff_code (
    staff_id uuid PRIMARY KEY REFERENCES staff,
    secret_sealed bytea NOT NULL,
    last_step bigint NOT NULL CHECK (last_step >= 0),
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz
);

CREATE TABLE recovery_code (
    code_hash bytea PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES staff
);
CREATE INDEX recovery_code_staff ON recovery_code (staff_id);
"""

BACKWARDS = """
DROP TABLE recovery_code, staff_code, sign_in_attempt;
ALTER TABLE session DROP COLUMN id;
DROP INDEX IF EXISTS session_owner;
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
