"""Single sign-on, passwords given out, forms whose take-up fails, erasures after a restore."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T14:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "single sign-on"

# An account has one way in. Of closed accounts several may have been the same person's.
FORWARDS = """
ALTER TABLE staff
    ALTER password_hash DROP NOT NULL,
    ADD password_expires_at timestamptz,
    ADD issuer varchar(255),
    ADD subject varchar(255),
    ADD CONSTRAINT staff_way_in CHECK (
        (issuer IS NULL) = (subject IS NULL) AND num_nonnulls(password_hash, subject) = 1
        AND (password_expires_at IS NULL OR password_hash IS NOT NULL));
CREATE UNIQUE INDEX staff_subject ON staff (issuer, subject) WHERE closed_at IS NULL;
ALTER TABLE client
    ADD issuer varchar(255),
    ADD subject varchar(255),
    ADD CONSTRAINT client_subject_whole CHECK ((issuer IS NULL) = (subject IS NULL));
CREATE UNIQUE INDEX client_subject ON client (issuer, subject) WHERE closed_at IS NULL;
ALTER TABLE session ADD second_factor boolean CHECK (staff_id IS NOT NULL OR second_factor IS NULL);
ALTER TABLE erasure DROP CONSTRAINT erasure_cause_check, ADD CONSTRAINT erasure_cause_check
    CHECK (cause IN ('request', 'unfinished', 'kept_enough', 'restored'));
ALTER TABLE intake ADD tries integer NOT NULL DEFAULT 0 CHECK (tries >= 0);
"""

# Who had no password gets one that nothing fits: an administrator makes a new account.
BACKWARDS = """
ALTER TABLE intake DROP tries;
UPDATE erasure SET cause = 'kept_enough' WHERE cause = 'restored';
ALTER TABLE erasure DROP CONSTRAINT erasure_cause_check, ADD CONSTRAINT erasure_cause_check
    CHECK (cause IN ('request', 'unfinished', 'kept_enough'));
DELETE FROM session WHERE second_factor IS NOT NULL;
ALTER TABLE session DROP second_factor;
DROP INDEX client_subject, staff_subject;
ALTER TABLE client DROP CONSTRAINT client_subject_whole, DROP issuer, DROP subject;
ALTER TABLE staff DROP CONSTRAINT staff_way_in;
UPDATE staff SET password_hash = '!' WHERE password_hash IS NULL;
ALTER TABLE staff DROP issuer, DROP subject, DROP password_expires_at,
    ALTER password_hash SET NOT NULL;
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
