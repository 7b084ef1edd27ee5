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
"""

BACKWARDS = """
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
