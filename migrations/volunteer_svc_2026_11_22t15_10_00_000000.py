"""A volunteer's life behind the induction: transfers, objections, training, positions, complaints."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T15:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "transfers, objections, training, positions, complaints"

FORWARDS = """
CREATE TABLE transfer (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    from_station_id uuid NOT NULL REFERENCES station,
    to_station_id uuid NOT NULL REFERENCES station CHECK (to_station_id <> from_station_id),
    transferred_on date NOT NULL CHECK (transferred_on >= consented_on),
    consented_on date NOT NULL,
    consent_given varchar(16) NOT NULL CHECK (consent_given IN ('signed', 'spoken', 'himself')),
    reason varchar(512) NOT NULL,
    recorded_by uuid REFERENCES staff,
    recorded_at timestamptz NOT NULL,
    CHECK ((consent_given = 'himself') = (recorded_by IS NULL))
);
CREATE INDEX transfer_volunteer ON transfer (volunteer_id);

CREATE TABLE objection (
    id uuid PRIMARY KEY,
    record_id uuid NOT NULL REFERENCES service_record,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    station_id uuid NOT NULL REFERENCES station,
    text_sealed bytea NOT NULL,
    entered_by uuid REFERENCES staff,
    opened_at timestamptz NOT NULL,
    due_on date NOT NULL,
    due_approximate boolean NOT NULL,
    outcome varchar(16) CHECK (outcome IN ('corrected', 'kept')),
    reason varchar(512),
    closed_by uuid REFERENCES staff,
    closed_at timestamptz CHECK (closed_at >= opened_at),
    CHECK (num_nonnulls(outcome, reason, closed_by, closed_at) IN (0, 4))
);
CREATE UNIQUE INDEX objection_one_open ON objection (record_id) WHERE closed_at IS NULL;
CREATE INDEX objection_open ON objection (station_id, id) WHERE closed_at IS NULL;
CREATE INDEX objection_volunteer ON objection (volunteer_id, id);

CREATE TABLE volunteer_group (
    id uuid PRIMARY KEY,
    station_id uuid NOT NULL REFERENCES station,
    name varchar(64) NOT NULL,
    made_on date NOT NULL,
    closed_on date CHECK (closed_on >= made_on)
);
CREATE UNIQUE INDEX volunteer_group_name ON volunteer_group (station_id, name)
    WHERE closed_on IS NULL;

CREATE TABLE group_member (
    id uuid PRIMARY KEY,
    group_id uuid NOT NULL REFERENCES volunteer_group,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    from_on date NOT NULL,
    to_on date CHECK (to_on >= from_on),
    added_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX group_member_once ON group_member (group_id, volunteer_id)
    WHERE to_on IS NULL;
CREATE INDEX group_member_volunteer ON group_member (volunteer_id);

CREATE TABLE position (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    station_id uuid NOT NULL REFERENCES station,
    kind varchar(16) NOT NULL CHECK (kind IN ('backbone', 'group_leader', 'team_leader')),
    group_id uuid REFERENCES volunteer_group,
    from_on date NOT NULL,
    to_on date CHECK (to_on >= from_on),
    reason varchar(512) NOT NULL,
    appointed_by uuid NOT NULL REFERENCES staff,
    ended_by uuid REFERENCES staff,
    end_reason varchar(512),
    CHECK ((kind = 'group_leader') = (group_id IS NOT NULL)),
    CHECK ((to_on IS NULL) = (end_reason IS NULL))
);
CREATE UNIQUE INDEX position_one_held ON position (volunteer_id) WHERE to_on IS NULL;
CREATE UNIQUE INDEX position_one_leader ON position (group_id) WHERE to_on IS NULL;
CREATE INDEX position_volunteer ON position (volunteer_id, id);
CREATE INDEX position_held ON position (station_id, id) WHERE to_on IS NULL;

CREATE TABLE training_topic (
    code varchar(32) PRIMARY KEY,
    name_zh varchar(64) NOT NULL,
    name_en varchar(64) NOT NULL,
    kind varchar(16) NOT NULL CHECK (kind IN ('skill', 'management')),
    validity_months integer CHECK (validity_months >= 1),
    closed_on date
);

CREATE TABLE training_session (
    id uuid PRIMARY KEY,
    station_id uuid NOT NULL REFERENCES station,
    title varchar(128) NOT NULL,
    topics text[] NOT NULL CHECK (cardinality(topics) > 0),
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    place varchar(128) NOT NULL,
    trainer varchar(128) NOT NULL,
    organiser varchar(128) NOT NULL,
    capacity integer CHECK (capacity >= 1),
    by_priority boolean NOT NULL,
    state varchar(16) NOT NULL CHECK (state IN ('planned', 'cancelled')),
    cancel_reason varchar(512),
    created_by uuid NOT NULL REFERENCES staff,
    created_at timestamptz NOT NULL,
    CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL))
);
CREATE INDEX training_session_station ON training_session (station_id, id);

CREATE TABLE training_signup (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES training_session,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    number integer NOT NULL CHECK (number >= 1),
    priority integer NOT NULL,
    signed_up_at timestamptz NOT NULL,
    withdrawn_at timestamptz CHECK (withdrawn_at >= signed_up_at),
    UNIQUE (session_id, number)
);
CREATE UNIQUE INDEX training_signup_once ON training_signup (session_id, volunteer_id)
    WHERE withdrawn_at IS NULL;
CREATE INDEX training_signup_volunteer ON training_signup (volunteer_id);

CREATE TABLE training_completion (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES training_session,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    topic varchar(32) NOT NULL REFERENCES training_topic,
    completed_on date NOT NULL,
    valid_until date CHECK (valid_until >= completed_on),
    recorded_by uuid NOT NULL REFERENCES staff,
    recorded_at timestamptz NOT NULL,
    UNIQUE (session_id, volunteer_id, topic)
);
CREATE INDEX training_completion_volunteer ON training_completion (volunteer_id);
CREATE INDEX training_completion_expiry ON training_completion (valid_until)
    WHERE valid_until IS NOT NULL;

CREATE TABLE nomination (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    station_id uuid NOT NULL REFERENCES station,
    honour varchar(128) NOT NULL,
    awarding_body varchar(128) NOT NULL,
    reason varchar(512) NOT NULL,
    evidence_reference varchar(256) NOT NULL,
    counted_minutes integer NOT NULL CHECK (counted_minutes >= 0),
    nominated_on date NOT NULL,
    nominated_by uuid NOT NULL REFERENCES staff,
    state varchar(16) NOT NULL CHECK (state IN ('open', 'awarded', 'not_awarded', 'withdrawn')),
    closed_on date CHECK (closed_on >= nominated_on),
    CHECK ((state = 'open') = (closed_on IS NULL))
);
CREATE UNIQUE INDEX nomination_once ON nomination (volunteer_id, honour, awarding_body)
    WHERE state = 'open';
CREATE INDEX nomination_station ON nomination (station_id, id);

CREATE TABLE award (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    station_id uuid NOT NULL REFERENCES station,
    nomination_id uuid UNIQUE REFERENCES nomination,
    name varchar(128) NOT NULL,
    granted_by varchar(128) NOT NULL,
    granted_on date NOT NULL,
    evidence_reference varchar(256) NOT NULL CHECK (evidence_reference <> ''),
    recorded_by uuid NOT NULL REFERENCES staff,
    recorded_at timestamptz NOT NULL,
    revoked_on date,
    revoked_by uuid REFERENCES staff,
    revoke_reason varchar(512),
    CHECK (num_nonnulls(revoked_on, revoked_by, revoke_reason) IN (0, 3))
);
CREATE INDEX award_volunteer ON award (volunteer_id);

CREATE TABLE complaint (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    station_id uuid NOT NULL REFERENCES station,
    direction varchar(8) NOT NULL CHECK (direction IN ('about', 'by')),
    text_sealed bytea NOT NULL,
    opened_by uuid REFERENCES staff,
    opened_at timestamptz NOT NULL,
    due_on date NOT NULL,
    due_approximate boolean NOT NULL,
    contact varchar(8) CHECK (contact IN ('call', 'meeting')),
    contacted_on date,
    contacted_by uuid REFERENCES staff,
    contact_sealed bytea,
    outcome varchar(16)
        CHECK (outcome IN ('founded', 'partly_founded', 'unfounded', 'withdrawn')),
    outcome_sealed bytea,
    closed_by uuid REFERENCES staff,
    closed_at timestamptz CHECK (closed_at >= opened_at),
    version integer NOT NULL,
    CHECK (num_nonnulls(contact, contacted_on, contacted_by, contact_sealed) IN (0, 4)),
    CHECK (num_nonnulls(outcome, outcome_sealed, closed_by, closed_at) IN (0, 4)),
    CHECK (closed_at IS NULL OR contacted_on IS NOT NULL OR outcome = 'withdrawn')
);
CREATE INDEX complaint_open ON complaint (station_id, id) WHERE closed_at IS NULL;
CREATE INDEX complaint_volunteer ON complaint (volunteer_id, id);

CREATE TABLE evaluation (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    station_id uuid NOT NULL REFERENCES station,
    record_id uuid REFERENCES service_record,
    complaint_id uuid REFERENCES complaint,
    grade integer NOT NULL CHECK (grade BETWEEN 1 AND 5),
    words varchar(256) NOT NULL,
    evaluated_on date NOT NULL,
    evaluated_by uuid NOT NULL REFERENCES staff,
    evaluated_at timestamptz NOT NULL,
    CHECK (num_nonnulls(record_id, complaint_id) = 1)
);
CREATE INDEX evaluation_volunteer ON evaluation (volunteer_id, id);
"""

BACKWARDS = """
DROP TABLE evaluation, complaint, award, nomination;
DROP TABLE training_completion, training_signup, training_session, training_topic;
DROP TABLE position, group_member, volunteer_group;
DROP TABLE objection;
DROP TABLE transfer;
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
