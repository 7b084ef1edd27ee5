"""Attendance of an induction that is taken back: the line stays, with who, when and why."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T02:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "inductions taken back"

FORWARDS = """
ALTER TABLE attendance
    ADD COLUMN revoked_at timestamptz CHECK (revoked_at >= recorded_at),
    ADD COLUMN revoked_by uuid REFERENCES staff CHECK (revoked_by <> recorded_by),
    ADD COLUMN revoked_reason varchar(512),
    ADD CONSTRAINT attendance_revoked
        CHECK (num_nonnulls(revoked_at, revoked_by, revoked_reason) IN (0, 3)),
    DROP CONSTRAINT attendance_session_id_registration_id_key;
CREATE UNIQUE INDEX attendance_once ON attendance (session_id, registration_id)
    WHERE revoked_at IS NULL;
CREATE INDEX attendance_registration ON attendance (registration_id);
CREATE TRIGGER attendance_facts
    BEFORE DELETE OR UPDATE OF id, session_id, volunteer_id, registration_id, recorded_by,
        recorded_at ON attendance
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER attendance_revoked_once BEFORE UPDATE OF counted, revoked_at, revoked_by ON attendance
    FOR EACH ROW WHEN (OLD.revoked_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
"""

BACKWARDS = """
DROP TRIGGER attendance_revoked_once ON attendance;
DROP TRIGGER attendance_facts ON attendance;
DROP INDEX attendance_registration, attendance_once;
DELETE FROM attendance WHERE revoked_at IS NOT NULL;
ALTER TABLE attendance
    DROP CONSTRAINT attendance_revoked,
    DROP COLUMN revoked_at, DROP COLUMN revoked_by, DROP COLUMN revoked_reason,
    ADD CONSTRAINT attendance_session_id_registration_id_key UNIQUE (session_id, registration_id);
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
