"""Activities, sign-ups with a waiting list, check-ins; records that belong to an activity."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T15:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "activities"

FORWARDS = """
CREATE TABLE activity (
    id uuid PRIMARY KEY,
    station_id uuid NOT NULL REFERENCES station,
    series_id uuid,
    state varchar(16) NOT NULL CHECK (state IN ('planned', 'published', 'cancelled')),
    kind varchar(32) NOT NULL,
    form varchar(32) NOT NULL,
    title varchar(128) NOT NULL CHECK (title <> ''),
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL
        CHECK (ended_at > started_at AND ended_at - started_at <= '24 hours'),
    place varchar(128) NOT NULL,
    leader varchar(64) NOT NULL,
    capacity integer NOT NULL CHECK (capacity BETWEEN 1 AND 10000),
    risk_notice varchar(2000) NOT NULL,
    required_topics text[] NOT NULL,
    minimum_age integer CHECK (minimum_age BETWEEN 14 AND 120),
    hazardous boolean NOT NULL,
    insurance_reference varchar(128) NOT NULL,
    external_ref varchar(128) NOT NULL,
    confirmed integer NOT NULL CHECK (confirmed BETWEEN 0 AND capacity),
    signups integer NOT NULL CHECK (signups >= confirmed),
    created_by uuid NOT NULL REFERENCES staff,
    created_at timestamptz NOT NULL,
    published_at timestamptz,
    cancelled_at timestamptz,
    cancel_reason varchar(512) NOT NULL,
    version integer NOT NULL,
    revision integer NOT NULL,
    CHECK (state <> 'published' OR published_at IS NOT NULL),
    CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL))
);
CREATE INDEX activity_station ON activity (station_id, started_at);
CREATE INDEX activity_started_at ON activity (started_at);
CREATE INDEX activity_series ON activity (series_id) WHERE series_id IS NOT NULL;

CREATE TABLE signup (
    id uuid PRIMARY KEY,
    activity_id uuid NOT NULL REFERENCES activity,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    number integer NOT NULL CHECK (number >= 1),
    state varchar(16) NOT NULL CHECK (state IN ('confirmed', 'waiting', 'withdrawn', 'cancelled')),
    entered_by uuid REFERENCES staff,
    entered_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    ended_at timestamptz,
    ended_by uuid REFERENCES staff,
    end_reason varchar(512) NOT NULL,
    UNIQUE (activity_id, number),
    CHECK (state <> 'confirmed' OR confirmed_at IS NOT NULL),
    CHECK ((state IN ('withdrawn', 'cancelled')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX signup_once ON signup (activity_id, volunteer_id)
    WHERE state IN ('confirmed', 'waiting');
CREATE INDEX signup_volunteer ON signup (volunteer_id, id);

CREATE TABLE activity_notice (
    id uuid PRIMARY KEY,
    activity_id uuid NOT NULL REFERENCES activity,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    kind varchar(16) NOT NULL CHECK (kind IN ('cancelled', 'moved_up')),
    made_at timestamptz NOT NULL,
    read_at timestamptz,
    UNIQUE (activity_id, volunteer_id, kind, made_at)
);
CREATE INDEX activity_notice_volunteer ON activity_notice (volunteer_id, id);

ALTER TABLE service_record ADD COLUMN activity_id uuid REFERENCES activity;
ALTER TABLE service_record ADD COLUMN sheet_id uuid;
CREATE INDEX service_record_activity ON service_record (activity_id) WHERE activity_id IS NOT NULL;
-- Ids of sheets and imports grow with time, as instants do: pages in a row hold them, and writing costs nothing.
CREATE INDEX service_record_batch ON service_record USING brin (sheet_id, import_id, entered_at)
    WITH (pages_per_range = 16, autosummarize = on);
DROP TRIGGER service_record_facts ON service_record;
CREATE TRIGGER service_record_facts
    BEFORE DELETE OR UPDATE OF volunteer_id, station_id, served_on, started_at, ended_at,
        break_minutes, minutes, evidence, entered_by, entered_at, activity_id, sheet_id
    ON service_record FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE check_in (
    id uuid PRIMARY KEY,
    activity_id uuid NOT NULL REFERENCES activity,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    state varchar(16) NOT NULL CHECK (state IN ('open', 'closed', 'forgotten', 'void')),
    in_at timestamptz NOT NULL,
    in_by uuid REFERENCES staff,
    out_at timestamptz CHECK (out_at >= in_at),
    out_by uuid REFERENCES staff,
    record_id uuid UNIQUE REFERENCES service_record,
    fault varchar(64),
    CHECK ((state = 'open') = (out_at IS NULL)),
    CHECK ((state IN ('closed', 'forgotten')) = (record_id IS NOT NULL)),
    CHECK ((state = 'void') = (fault IS NOT NULL))
);
CREATE UNIQUE INDEX check_in_open ON check_in (volunteer_id, activity_id) WHERE state = 'open';
CREATE INDEX check_in_activity ON check_in (activity_id, id);
CREATE INDEX check_in_volunteer ON check_in (volunteer_id);

CREATE TABLE used_code (
    activity_id uuid NOT NULL REFERENCES activity,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    direction varchar(4) NOT NULL CHECK (direction IN ('in', 'out')),
    step bigint NOT NULL,
    PRIMARY KEY (activity_id, volunteer_id, direction, step)
);
"""

BACKWARDS = """
DROP TABLE used_code, check_in, activity_notice, signup;
DROP TRIGGER service_record_facts ON service_record;
CREATE TRIGGER service_record_facts
    BEFORE DELETE OR UPDATE OF volunteer_id, station_id, served_on, started_at, ended_at,
        break_minutes, minutes, evidence, entered_by, entered_at ON service_record
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP INDEX service_record_batch;
ALTER TABLE service_record DROP COLUMN activity_id, DROP COLUMN sheet_id;
DROP TABLE activity;
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
