"""The first schema: persons, hours, stars, lists, events; constraints are the last line."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the first schema"

FORWARDS = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TABLE station (
    id uuid PRIMARY KEY,
    code varchar(32) NOT NULL UNIQUE,
    name varchar(128) NOT NULL,
    kind varchar(16) NOT NULL CHECK (kind IN ('head', 'station', 'point')),
    parent_id uuid REFERENCES station CHECK (parent_id <> id),
    closed_on date,
    created_at timestamptz NOT NULL,
    version integer NOT NULL,
    revision integer NOT NULL
);

CREATE TABLE policy (
    version varchar(64) PRIMARY KEY,
    valid_from date NOT NULL UNIQUE,
    numbers jsonb NOT NULL
);
INSERT INTO policy VALUES ('jilin-2021', '0001-01-01', '{}');

CREATE TABLE holiday (
    "on" date PRIMARY KEY,
    is_workday boolean NOT NULL,
    name varchar(32) NOT NULL
);

CREATE SEQUENCE member_serial AS integer MAXVALUE 9999999;

CREATE TABLE volunteer (
    id uuid PRIMARY KEY,
    member_no varchar(8) UNIQUE,
    station_id uuid NOT NULL REFERENCES station,
    counted_minutes integer NOT NULL CHECK (counted_minutes >= 0),
    star integer NOT NULL CHECK (star BETWEEN 0 AND 5),
    rated_under varchar(64) NOT NULL REFERENCES policy,
    ledger_seq integer NOT NULL,
    version integer NOT NULL,
    revision integer NOT NULL,
    created_at timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX volunteer_station ON volunteer (station_id, id);

CREATE TABLE person (
    volunteer_id uuid PRIMARY KEY REFERENCES volunteer,
    name varchar(64) NOT NULL,
    sex varchar(1) NOT NULL CHECK (sex IN ('M', 'F')),
    birth_date date NOT NULL,
    document_kind varchar(32) NOT NULL,
    document_sealed bytea NOT NULL,
    document_hash bytea NOT NULL UNIQUE,
    phone_sealed bytea,
    phone_hash bytea,
    address_sealed bytea,
    area varchar(128) NOT NULL,
    skills varchar(256) NOT NULL,
    service_category varchar(32)
);
CREATE INDEX person_name ON person USING gin (name gin_trgm_ops);
CREATE INDEX person_phone ON person (phone_hash);

CREATE TABLE staff (
    id uuid PRIMARY KEY,
    username varchar(64) NOT NULL UNIQUE,
    display_name varchar(64) NOT NULL,
    password_hash varchar(256) NOT NULL,
    role varchar(16) NOT NULL CHECK (role IN (
        'social_worker', 'deputy_head', 'station_head', 'county', 'bureau', 'auditor', 'admin')),
    station_id uuid REFERENCES station,
    volunteer_id uuid REFERENCES volunteer,
    created_at timestamptz NOT NULL,
    closed_at timestamptz,
    CHECK ((station_id IS NOT NULL) = (role IN ('social_worker', 'deputy_head', 'station_head')))
);

CREATE UNIQUE INDEX staff_volunteer ON staff (volunteer_id) WHERE closed_at IS NULL;

CREATE TABLE volunteer_password (
    volunteer_id uuid PRIMARY KEY REFERENCES volunteer,
    password_hash varchar(256),
    slip_hash bytea,
    slip_expires_at timestamptz,
    slip_given_by uuid REFERENCES staff
);

CREATE TABLE client (
    id uuid PRIMARY KEY,
    name varchar(64) NOT NULL,
    key_hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz
);

CREATE TABLE session (
    token_hash bytea PRIMARY KEY,
    staff_id uuid REFERENCES staff,
    volunteer_id uuid REFERENCES volunteer,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    CHECK (num_nonnulls(staff_id, volunteer_id) = 1)
);
CREATE INDEX session_expires_at ON session (expires_at);

CREATE TABLE registration (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    number integer NOT NULL CHECK (number >= 1),
    station_id uuid NOT NULL REFERENCES station,
    channel varchar(16) NOT NULL CHECK (channel IN ('self', 'staff', 'import')),
    receipt varchar(16) NOT NULL UNIQUE,
    form_sealed bytea NOT NULL,
    rules_version varchar(64) NOT NULL,
    household_local boolean NOT NULL,
    applied_on date NOT NULL,
    expires_on date NOT NULL,
    registered_on date CHECK (registered_on >= applied_on),
    induction_due_on date,
    attended_on date CHECK (attended_on >= applied_on),
    inducted_on date CHECK (inducted_on >= registered_on),
    declined_on date,
    decline_reason varchar(512),
    ended_on date,
    end_reason varchar(512),
    lapse_announced_on date,
    entered_by uuid REFERENCES staff,
    received_at timestamptz NOT NULL,
    revision integer NOT NULL,
    UNIQUE (volunteer_id, number),
    CHECK ((registered_on IS NULL) = (induction_due_on IS NULL)),
    CHECK (inducted_on IS NULL OR (registered_on IS NOT NULL AND attended_on <= induction_due_on))
);
CREATE INDEX registration_station ON registration (station_id, id);
CREATE INDEX registration_due ON registration (induction_due_on)
    WHERE inducted_on IS NULL AND declined_on IS NULL AND ended_on IS NULL
        AND lapse_announced_on IS NULL;

CREATE TABLE material (
    id uuid PRIMARY KEY,
    registration_id uuid NOT NULL REFERENCES registration,
    item varchar(32) NOT NULL CHECK (item IN ('id_document', 'residence_permit', 'photo')),
    original_seen_by uuid REFERENCES staff,
    original_seen_at timestamptz,
    copy_received_at timestamptz,
    UNIQUE (registration_id, item),
    CHECK ((original_seen_by IS NULL) = (original_seen_at IS NULL))
);

CREATE TABLE suspension (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    from_on date NOT NULL,
    to_on date CHECK (to_on >= from_on),
    reason varchar(512) NOT NULL,
    decided_by uuid NOT NULL REFERENCES staff
);
CREATE UNIQUE INDEX suspension_open ON suspension (volunteer_id) WHERE to_on IS NULL;
CREATE INDEX suspension_volunteer ON suspension (volunteer_id);

CREATE TABLE claim (
    id uuid PRIMARY KEY,
    receipt varchar(16) NOT NULL UNIQUE,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    station_id uuid NOT NULL REFERENCES station,
    form_sealed bytea NOT NULL,
    received_at timestamptz NOT NULL,
    resolved_at timestamptz,
    resolved_by uuid REFERENCES staff
);
CREATE INDEX claim_station ON claim (station_id, id) WHERE resolved_at IS NULL;

CREATE TABLE induction_session (
    id uuid PRIMARY KEY,
    station_id uuid NOT NULL REFERENCES station,
    held_on date NOT NULL,
    place varchar(128) NOT NULL,
    created_by uuid NOT NULL REFERENCES staff,
    created_at timestamptz NOT NULL,
    UNIQUE (station_id, held_on, place)
);

CREATE TABLE attendance (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES induction_session,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    registration_id uuid NOT NULL REFERENCES registration,
    counted boolean NOT NULL,
    recorded_by uuid NOT NULL REFERENCES staff,
    recorded_at timestamptz NOT NULL,
    UNIQUE (session_id, registration_id)
);
CREATE INDEX attendance_volunteer ON attendance (volunteer_id);

CREATE TABLE import_run (
    id uuid PRIMARY KEY,
    state varchar(16) NOT NULL
        CHECK (state IN ('uploaded', 'previewed', 'committing', 'done', 'failed')),
    filename varchar(255) NOT NULL,
    reason varchar(512) NOT NULL,
    workbook_sealed bytea,
    created_by uuid NOT NULL REFERENCES staff,
    approved_by uuid REFERENCES staff CHECK (approved_by <> created_by),
    created_at timestamptz NOT NULL,
    rows_total integer NOT NULL,
    rows_done integer NOT NULL,
    summary jsonb,
    failure varchar(64),
    leased_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    finished_at timestamptz,
    CHECK (state NOT IN ('committing', 'done') OR approved_by IS NOT NULL)
);
CREATE INDEX import_run_due ON import_run (created_at) WHERE state IN ('uploaded', 'committing');

CREATE TABLE import_problem (
    id bigserial PRIMARY KEY,
    import_id uuid NOT NULL REFERENCES import_run,
    sheet varchar(32) NOT NULL,
    line integer NOT NULL,
    row integer NOT NULL,
    "column" varchar(64),
    outcome varchar(16) NOT NULL CHECK (outcome IN ('refused', 'waiting', 'notice')),
    code varchar(64) NOT NULL,
    params jsonb NOT NULL
);
CREATE INDEX import_problem_run ON import_problem (import_id, id);

CREATE TABLE service_record (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    station_id uuid NOT NULL REFERENCES station,
    served_on date NOT NULL,
    started_at timestamptz,
    ended_at timestamptz CHECK (ended_at > started_at AND ended_at - started_at <= '24 hours'),
    break_minutes integer NOT NULL CHECK (break_minutes >= 0),
    minutes integer NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
    standing_minutes integer NOT NULL CHECK (standing_minutes BETWEEN 0 AND 1440),
    evidence varchar(16) NOT NULL CHECK (evidence IN ('timed', 'staff', 'self', 'historical')),
    evidence_reference varchar(256) NOT NULL,
    state varchar(16) NOT NULL CHECK (state IN ('counted', 'waiting', 'rejected', 'reversed')),
    level varchar(16) CHECK (level IN ('station', 'county')),
    why varchar(32),
    late boolean NOT NULL,
    late_reason varchar(512) NOT NULL CHECK (NOT late OR late_reason <> ''),
    title varchar(128) NOT NULL,
    kind varchar(32),
    place varchar(128) NOT NULL,
    leader varchar(64) NOT NULL,
    content varchar(2000) NOT NULL,
    external_ref varchar(128) NOT NULL,
    entered_by uuid REFERENCES staff,
    entered_at timestamptz NOT NULL,
    decided_by uuid REFERENCES staff CHECK (decided_by <> entered_by),
    decided_at timestamptz,
    decision_reason varchar(512),
    import_id uuid REFERENCES import_run,
    import_key bytea,
    CHECK ((started_at IS NULL) = (ended_at IS NULL)),
    CHECK (state <> 'waiting' OR level IS NOT NULL),
    CHECK (state <> 'counted' OR level IS NULL OR decided_by IS NOT NULL),
    CONSTRAINT service_record_no_overlap EXCLUDE USING gist (
        volunteer_id WITH =, tstzrange(started_at, ended_at) WITH &&
    ) WHERE (state IN ('counted', 'waiting') AND started_at IS NOT NULL)
);
CREATE UNIQUE INDEX service_record_import_key ON service_record (volunteer_id, import_key)
    WHERE import_key IS NOT NULL;
CREATE INDEX service_record_day ON service_record (volunteer_id, served_on);
CREATE INDEX service_record_waiting ON service_record (station_id, id) WHERE state = 'waiting';
CREATE TRIGGER service_record_facts
    BEFORE DELETE OR UPDATE OF volunteer_id, station_id, served_on, started_at, ended_at,
        break_minutes, minutes, evidence, entered_by, entered_at ON service_record
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE correction (
    id uuid PRIMARY KEY,
    record_id uuid NOT NULL REFERENCES service_record,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    station_id uuid NOT NULL REFERENCES station,
    minutes_before integer NOT NULL,
    minutes_after integer NOT NULL CHECK (minutes_after BETWEEN 0 AND 1440),
    state varchar(16) NOT NULL CHECK (state IN ('counted', 'waiting', 'rejected')),
    level varchar(16) CHECK (level IN ('station', 'county')),
    why varchar(32),
    reason varchar(512) NOT NULL,
    requested_by varchar(128) NOT NULL,
    entered_by uuid NOT NULL REFERENCES staff,
    entered_at timestamptz NOT NULL,
    decided_by uuid REFERENCES staff CHECK (decided_by <> entered_by),
    decided_at timestamptz,
    decision_reason varchar(512),
    CHECK (minutes_before <> minutes_after),
    CHECK (state <> 'waiting' OR level IS NOT NULL),
    CHECK (state <> 'counted' OR minutes_after < minutes_before OR decided_by IS NOT NULL)
);
CREATE UNIQUE INDEX correction_one_waiting ON correction (record_id) WHERE state = 'waiting';
CREATE INDEX correction_waiting ON correction (station_id, id) WHERE state = 'waiting';

CREATE TABLE ledger_entry (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    seq integer NOT NULL CHECK (seq >= 1),
    record_id uuid NOT NULL REFERENCES service_record,
    correction_id uuid REFERENCES correction,
    kind varchar(16) NOT NULL CHECK (kind IN ('service', 'approval', 'correction')),
    minutes_delta integer NOT NULL CHECK (minutes_delta <> 0),
    balance integer NOT NULL CHECK (balance >= 0),
    station_id uuid NOT NULL REFERENCES station,
    served_on date NOT NULL,
    entered_at timestamptz NOT NULL,
    UNIQUE (volunteer_id, seq),
    CHECK ((kind = 'correction') = (correction_id IS NOT NULL))
);
CREATE INDEX ledger_entry_record ON ledger_entry (record_id);
CREATE UNIQUE INDEX ledger_entry_counts_once ON ledger_entry (record_id)
    WHERE kind IN ('service', 'approval');
CREATE UNIQUE INDEX ledger_entry_corrects_once ON ledger_entry (correction_id)
    WHERE correction_id IS NOT NULL;
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE star_change (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    ledger_entry_id uuid NOT NULL REFERENCES ledger_entry,
    from_star integer NOT NULL,
    to_star integer NOT NULL CHECK (to_star BETWEEN 0 AND 5 AND abs(to_star - from_star) = 1),
    minutes_before integer NOT NULL,
    minutes_after integer NOT NULL,
    policy_version varchar(64) NOT NULL REFERENCES policy,
    cause_kind varchar(16) NOT NULL
        CHECK (cause_kind IN ('service_record', 'approval', 'correction', 'policy', 'import')),
    cause_id uuid NOT NULL,
    changed_on date NOT NULL,
    UNIQUE (ledger_entry_id, from_star)
);
CREATE INDEX star_change_volunteer ON star_change (volunteer_id);
CREATE TRIGGER star_change_append_only BEFORE UPDATE OR DELETE ON star_change
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE yearly_minutes (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    station_id uuid NOT NULL REFERENCES station,
    year integer NOT NULL,
    minutes integer NOT NULL CHECK (minutes >= 0),
    UNIQUE (volunteer_id, station_id, year)
) WITH (fillfactor = 80);
CREATE INDEX yearly_minutes_list ON yearly_minutes (year, station_id);

CREATE TABLE recognition (
    id uuid PRIMARY KEY,
    scope varchar(16) NOT NULL CHECK (scope IN ('station', 'county')),
    station_id uuid REFERENCES station,
    year integer NOT NULL,
    version integer NOT NULL,
    UNIQUE NULLS NOT DISTINCT (year, station_id),
    CHECK ((scope = 'station') = (station_id IS NOT NULL))
);

CREATE TABLE recognition_issue (
    id uuid PRIMARY KEY,
    recognition_id uuid NOT NULL REFERENCES recognition,
    version integer NOT NULL,
    published_by uuid NOT NULL REFERENCES staff,
    published_at timestamptz NOT NULL,
    tied_at_cutoff boolean NOT NULL,
    entries jsonb NOT NULL,
    exclusions jsonb NOT NULL,
    UNIQUE (recognition_id, version)
);
CREATE TRIGGER recognition_issue_append_only BEFORE UPDATE OR DELETE ON recognition_issue
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE idempotency_key (
    key_hash bytea PRIMARY KEY,
    body_hash bytea NOT NULL,
    answer bytea NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX idempotency_key_created_at ON idempotency_key (created_at);

CREATE TABLE outbox (
    id bigserial PRIMARY KEY,
    event_id uuid NOT NULL,
    name varchar(64) NOT NULL,
    subject varchar(64) NOT NULL,
    subject_version integer NOT NULL,
    station_id uuid REFERENCES station,
    happened_at timestamptz NOT NULL,
    correlation_id text,
    causation_id text,
    traceparent varchar(64),
    data text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE event_log (
    seq bigint PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    name varchar(64) NOT NULL,
    subject varchar(64) NOT NULL,
    station_id uuid,
    happened_at timestamptz NOT NULL,
    body text NOT NULL
);
CREATE INDEX event_log_subject ON event_log (subject, seq);
CREATE TRIGGER event_log_unchanged BEFORE UPDATE ON event_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE event_head (
    "only" boolean PRIMARY KEY CHECK ("only"),
    epoch varchar(32) NOT NULL,
    last_seq bigint NOT NULL,
    floor_seq bigint NOT NULL
);
INSERT INTO event_head
VALUES (true, to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD') || '-'
    || substr(replace(gen_random_uuid()::text, '-', ''), 1, 8), 0, 1);
"""

HOLIDAYS = """
INSERT INTO holiday
SELECT day::date, is_workday, name FROM (VALUES
    (false, '元旦', '2024-01-01', '2024-01-01'), (false, '春节', '2024-02-10', '2024-02-17'),
    (true, '调休', '2024-02-04', '2024-02-04'), (true, '调休', '2024-02-18', '2024-02-18'),
    (false, '清明节', '2024-04-04', '2024-04-06'), (true, '调休', '2024-04-07', '2024-04-07'),
    (true, '调休', '2024-04-28', '2024-04-28'), (false, '劳动节', '2024-05-01', '2024-05-05'),
    (true, '调休', '2024-05-11', '2024-05-11'), (false, '端午节', '2024-06-10', '2024-06-10'),
    (true, '调休', '2024-09-14', '2024-09-14'), (false, '中秋节', '2024-09-15', '2024-09-17'),
    (true, '调休', '2024-09-29', '2024-09-29'), (false, '国庆节', '2024-10-01', '2024-10-07'),
    (true, '调休', '2024-10-12', '2024-10-12'),
    (false, '元旦', '2025-01-01', '2025-01-01'), (true, '调休', '2025-01-26', '2025-01-26'),
    (false, '春节', '2025-01-28', '2025-02-04'), (true, '调休', '2025-02-08', '2025-02-08'),
    (false, '清明节', '2025-04-04', '2025-04-06'), (true, '调休', '2025-04-27', '2025-04-27'),
    (false, '劳动节', '2025-05-01', '2025-05-05'), (false, '端午节', '2025-05-31', '2025-06-02'),
    (true, '调休', '2025-09-28', '2025-09-28'), (false, '国庆节', '2025-10-01', '2025-10-08'),
    (true, '调休', '2025-10-11', '2025-10-11'),
    (false, '元旦', '2026-01-01', '2026-01-03'), (true, '调休', '2026-01-04', '2026-01-04'),
    (true, '调休', '2026-02-14', '2026-02-14'), (false, '春节', '2026-02-15', '2026-02-23'),
    (true, '调休', '2026-02-28', '2026-02-28'), (false, '清明节', '2026-04-04', '2026-04-06'),
    (false, '劳动节', '2026-05-01', '2026-05-05'), (true, '调休', '2026-05-09', '2026-05-09'),
    (false, '端午节', '2026-06-19', '2026-06-21'), (true, '调休', '2026-09-20', '2026-09-20'),
    (false, '中秋节', '2026-09-25', '2026-09-27'), (false, '国庆节', '2026-10-01', '2026-10-07'),
    (true, '调休', '2026-10-10', '2026-10-10')
) AS spans (is_workday, name, first, last),
generate_series(first::date, last::date, '1 day') AS day;
"""

BACKWARDS = """
DROP TABLE event_head, event_log, outbox, idempotency_key, recognition_issue, recognition,
    yearly_minutes, star_change, ledger_entry, correction, service_record, import_problem,
    import_run, attendance, induction_session, claim, suspension, material, registration, session,
    client, volunteer_password, staff, person, volunteer, holiday, policy, station;
DROP SEQUENCE member_serial;
DROP FUNCTION refuse_change;
"""


async def forwards():
    manager = MigrationManager(ID, app_name="volunteer_svc", description=DESCRIPTION)

    async def run_forwards():
        engine = engine_finder()
        for statement in (FORWARDS, HOLIDAYS):
            await engine.current_transaction.get().connection.execute(statement)

    async def run_backwards():
        await engine_finder().current_transaction.get().connection.execute(BACKWARDS)

    manager.add_raw(run_forwards)
    manager.add_raw_backwards(run_backwards)
    return manager
