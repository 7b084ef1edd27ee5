"""Policies planned and activated, stars re-rated by them; consents to be named; reminders."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T15:15:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "policies, re-evaluation, consents to be named, reminders"

# `number`: several stars won or lost at once are in an order, which ids of one moment are not.
FORWARDS = """
ALTER TABLE policy ADD COLUMN reason varchar(512), ADD COLUMN planned_by uuid REFERENCES staff,
    ADD COLUMN planned_at timestamptz, ADD COLUMN activated_at timestamptz;
UPDATE policy SET activated_at = now();
CREATE INDEX policy_to_activate ON policy (valid_from) WHERE activated_at IS NULL;

CREATE TABLE re_evaluation (
    id uuid PRIMARY KEY,
    policy_version varchar(64) NOT NULL UNIQUE REFERENCES policy,
    started_at timestamptz NOT NULL,
    after_id uuid,
    total integer NOT NULL CHECK (total >= 0),
    done integer NOT NULL CHECK (done >= 0),
    promoted integer NOT NULL CHECK (promoted >= 0),
    revoked integer NOT NULL CHECK (revoked >= 0),
    finished_at timestamptz CHECK (finished_at >= started_at)
);
CREATE INDEX re_evaluation_open ON re_evaluation (started_at) WHERE finished_at IS NULL;

CREATE TABLE re_rating (
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    re_evaluation_id uuid NOT NULL REFERENCES re_evaluation,
    ledger_seq integer NOT NULL CHECK (ledger_seq >= 0),
    from_policy varchar(64) NOT NULL REFERENCES policy,
    to_policy varchar(64) NOT NULL REFERENCES policy CHECK (to_policy <> from_policy),
    PRIMARY KEY (volunteer_id, re_evaluation_id)
);
CREATE TRIGGER re_rating_append_only BEFORE UPDATE OR DELETE ON re_rating
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE star_change ADD COLUMN number bigserial,
    ALTER COLUMN ledger_entry_id DROP NOT NULL,
    ADD CONSTRAINT star_change_caused
        CHECK ((cause_kind = 'policy') = (ledger_entry_id IS NULL));
CREATE UNIQUE INDEX star_change_of_policy ON star_change (volunteer_id, cause_id, from_star)
    WHERE cause_kind = 'policy';

CREATE TABLE name_consent (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    text_version varchar(64) NOT NULL,
    given_at timestamptz NOT NULL,
    recorded_by uuid REFERENCES staff,
    withdrawn_at timestamptz CHECK (withdrawn_at >= given_at)
);
CREATE UNIQUE INDEX name_consent_one ON name_consent (volunteer_id) WHERE withdrawn_at IS NULL;
CREATE INDEX name_consent_volunteer ON name_consent (volunteer_id);

CREATE TABLE reminder (
    id uuid PRIMARY KEY,
    kind varchar(32) NOT NULL,
    item_id uuid NOT NULL,
    step integer NOT NULL CHECK (step >= 0),
    volunteer_id uuid REFERENCES volunteer,
    station_id uuid NOT NULL REFERENCES station,
    due_on date NOT NULL,
    listed boolean NOT NULL,
    made_at timestamptz NOT NULL,
    due_at timestamptz,
    attempts integer NOT NULL CHECK (attempts >= 0),
    sent_at timestamptz,
    done_at timestamptz,
    UNIQUE (kind, item_id, step),
    CHECK (volunteer_id IS NOT NULL OR listed),
    CHECK (due_at IS NULL OR (sent_at IS NULL AND NOT listed))
);
CREATE INDEX reminder_due ON reminder (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX reminder_listed ON reminder (station_id, id) WHERE listed AND done_at IS NULL;
CREATE INDEX reminder_volunteer ON reminder (volunteer_id);
"""

# What a policy re-rated would stand without its cause: only for a database without any.
BACKWARDS = """
DROP TABLE reminder;
DROP TABLE name_consent;
DROP INDEX star_change_of_policy;
ALTER TABLE star_change DROP CONSTRAINT star_change_caused, DROP COLUMN number,
    ALTER COLUMN ledger_entry_id SET NOT NULL;
DROP TABLE re_rating, re_evaluation;
ALTER TABLE policy DROP COLUMN reason, DROP COLUMN planned_by, DROP COLUMN planned_at,
    DROP COLUMN activated_at;
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
