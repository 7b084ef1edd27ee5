"""Signing in: sessions listed and ended, waits after failures, codes; the open form's intake."""

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

ALTER TABLE volunteer_password ADD COLUMN phone_set_by uuid REFERENCES staff;
ALTER TABLE volunteer_password ADD COLUMN code_reach_by uuid REFERENCES staff;

CREATE TABLE sent_code (
    to_hash bytea PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    requested_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    tries_left integer NOT NULL CHECK (tries_left >= 0),
    requests integer NOT NULL CHECK (requests >= 1),
    counted_from timestamptz NOT NULL,
    due_at timestamptz,
    spent_at timestamptz
);
CREATE INDEX sent_code_due_at ON sent_code (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX sent_code_requested_at ON sent_code (requested_at);

CREATE TABLE intake (
    id uuid PRIMARY KEY,
    form_sealed bytea NOT NULL,
    received_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL
);
CREATE INDEX intake_due_at ON intake (due_at);
"""

BACKWARDS = """
DROP TABLE intake, sent_code, recovery_code, staff_code, sign_in_attempt;
ALTER TABLE volunteer_password DROP COLUMN phone_set_by, DROP COLUMN code_reach_by;
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
