"""Files of people, and staff who come and go: delegations, hand-overs, closings with a reason."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T13:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "files, staffing"

FORWARDS = """
CREATE TABLE file (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    kind varchar(32) NOT NULL CHECK (kind IN ('photo', 'id_document', 'residence_permit')),
    bytes integer NOT NULL CHECK (bytes > 0),
    width integer NOT NULL CHECK (width > 0),
    height integer NOT NULL CHECK (height > 0),
    stored_at timestamptz NOT NULL,
    stored_by uuid REFERENCES staff,
    removed_at timestamptz CHECK (removed_at >= stored_at),
    removed_by uuid REFERENCES staff
);
CREATE UNIQUE INDEX file_one_of_a_kind ON file (volunteer_id, kind) WHERE removed_at IS NULL;

CREATE TABLE delegation (
    id uuid PRIMARY KEY,
    station_id uuid NOT NULL REFERENCES station,
    from_staff uuid NOT NULL REFERENCES staff,
    to_staff uuid NOT NULL REFERENCES staff CHECK (to_staff <> from_staff),
    from_on date NOT NULL,
    to_on date NOT NULL CHECK (to_on >= from_on),
    reason varchar(512) NOT NULL,
    made_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by uuid REFERENCES staff,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CONSTRAINT delegation_one_at_a_time EXCLUDE USING gist (
        from_staff WITH =, daterange(from_on, to_on, '[]') WITH &&
    ) WHERE (ended_at IS NULL),
    CONSTRAINT delegation_from_one_at_a_time EXCLUDE USING gist (
        to_staff WITH =, daterange(from_on, to_on, '[]') WITH &&
    ) WHERE (ended_at IS NULL)
);
CREATE INDEX delegation_station ON delegation (station_id, id);

CREATE TABLE closing (
    id uuid PRIMARY KEY,
    station_id uuid NOT NULL REFERENCES station,
    closes_on date NOT NULL,
    reason varchar(512) NOT NULL,
    ordered_by uuid NOT NULL REFERENCES staff,
    ordered_at timestamptz NOT NULL,
    done_at timestamptz
);
CREATE UNIQUE INDEX closing_one_open ON closing (station_id) WHERE done_at IS NULL;

CREATE TABLE departure (
    id uuid PRIMARY KEY,
    staff_id uuid NOT NULL REFERENCES staff,
    reason varchar(512) NOT NULL,
    left_at timestamptz NOT NULL,
    closed_by uuid NOT NULL REFERENCES staff,
    handed_to uuid REFERENCES staff CHECK (handed_to <> staff_id),
    closing_id uuid REFERENCES closing,
    CHECK ((handed_to IS NULL) = (closing_id IS NOT NULL))
);
CREATE INDEX departure_staff ON departure (staff_id);
CREATE TRIGGER departure_append_only BEFORE UPDATE OR DELETE ON departure
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE hand_over (
    id uuid PRIMARY KEY,
    departure_id uuid NOT NULL REFERENCES departure,
    kind varchar(16) NOT NULL CHECK (kind IN ('record', 'correction', 'claim', 'import')),
    item_id uuid NOT NULL,
    to_staff uuid NOT NULL REFERENCES staff,
    UNIQUE (departure_id, item_id)
);
CREATE INDEX hand_over_item ON hand_over (item_id, id);
CREATE INDEX hand_over_to ON hand_over (to_staff);
CREATE TRIGGER hand_over_append_only BEFORE UPDATE OR DELETE ON hand_over
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE service_record
    ADD COLUMN on_behalf_of uuid REFERENCES staff
        CHECK (on_behalf_of <> entered_by AND on_behalf_of <> decided_by);
ALTER TABLE correction
    ADD COLUMN on_behalf_of uuid REFERENCES staff
        CHECK (on_behalf_of <> entered_by AND on_behalf_of <> decided_by);
ALTER TABLE recognition_issue
    ADD COLUMN on_behalf_of uuid REFERENCES staff CHECK (on_behalf_of <> published_by);
CREATE INDEX service_record_waiting_of ON service_record (entered_by) WHERE state = 'waiting';
"""

BACKWARDS = """
DROP INDEX service_record_waiting_of;
ALTER TABLE recognition_issue DROP COLUMN on_behalf_of;
ALTER TABLE correction DROP COLUMN on_behalf_of;
ALTER TABLE service_record DROP COLUMN on_behalf_of;
DROP TABLE hand_over, departure, closing, delegation, file;
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
