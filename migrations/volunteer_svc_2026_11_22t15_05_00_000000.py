"""Undo of sheets and imports, photos of a report, calendar feeds, review signals."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T15:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "undo, photos of reports, calendar feeds, review signals"

FORWARDS = """
CREATE TABLE undo (
    id uuid PRIMARY KEY,
    kind varchar(16) NOT NULL CHECK (kind IN ('sheet', 'import')),
    target_id uuid NOT NULL,
    station_id uuid REFERENCES station,
    reason varchar(512) NOT NULL,
    state varchar(16) NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'refused')),
    asked_by uuid NOT NULL REFERENCES staff,
    asked_at timestamptz NOT NULL,
    decided_by uuid REFERENCES staff CHECK (decided_by <> asked_by),
    decided_at timestamptz,
    decision_reason varchar(512) NOT NULL,
    records_total integer NOT NULL,
    records_done integer NOT NULL CHECK (records_done BETWEEN 0 AND records_total),
    reversed integer NOT NULL,
    rejected integer NOT NULL,
    left_over integer NOT NULL,
    last_record_id uuid,
    finished_at timestamptz,
    CHECK ((kind = 'sheet') = (station_id IS NOT NULL)),
    CHECK (kind <> 'import' OR state IN ('waiting', 'refused') OR decided_by IS NOT NULL),
    CHECK ((state = 'done') = (finished_at IS NOT NULL))
);
CREATE UNIQUE INDEX undo_one_open ON undo (target_id) WHERE state IN ('waiting', 'running');
CREATE INDEX undo_running ON undo (id) WHERE state = 'running';
CREATE INDEX undo_target ON undo (target_id);

ALTER TABLE file DROP CONSTRAINT file_kind_check;
ALTER TABLE file ADD CONSTRAINT file_kind_check
    CHECK (kind IN ('photo', 'id_document', 'residence_permit', 'service_photo'));
DROP INDEX file_one_of_a_kind;
CREATE UNIQUE INDEX file_one_of_a_kind ON file (volunteer_id, kind)
    WHERE removed_at IS NULL AND kind <> 'service_photo';

CREATE TABLE record_photo (
    file_id uuid PRIMARY KEY REFERENCES file,
    record_id uuid NOT NULL REFERENCES service_record
);
CREATE INDEX record_photo_record ON record_photo (record_id);

CREATE TABLE calendar_feed (
    volunteer_id uuid PRIMARY KEY REFERENCES volunteer,
    token_hash bytea NOT NULL UNIQUE,
    made_at timestamptz NOT NULL
);

CREATE TABLE review_signal (
    id uuid PRIMARY KEY,
    rule varchar(32) NOT NULL CHECK (rule IN ('equal_below_star', 'recorder_outlier',
        'long_after_date', 'staff_volunteers', 'improbable_day')),
    fingerprint varchar(160) NOT NULL UNIQUE,
    station_id uuid NOT NULL REFERENCES station,
    volunteer_id uuid REFERENCES volunteer,
    recorder_id uuid REFERENCES staff,
    record_ids uuid[] NOT NULL CHECK (cardinality(record_ids) > 0),
    facts jsonb NOT NULL,
    found_at timestamptz NOT NULL,
    state varchar(16) NOT NULL CHECK (state IN ('open', 'dismissed', 'acted')),
    decided_by uuid REFERENCES staff,
    decided_at timestamptz,
    reason varchar(512) NOT NULL,
    correction_id uuid REFERENCES correction,
    undo_id uuid REFERENCES undo,
    CHECK ((state = 'open') = (decided_by IS NULL)),
    CHECK (state = 'open' OR reason <> ''),
    CHECK (state = 'acted' OR num_nonnulls(correction_id, undo_id) = 0),
    CHECK (state <> 'acted' OR num_nonnulls(correction_id, undo_id) = 1)
);
CREATE INDEX review_signal_open ON review_signal (station_id, id) WHERE state = 'open';
"""

BACKWARDS = """
DROP TABLE review_signal, calendar_feed, record_photo, undo;
DROP INDEX file_one_of_a_kind;
DELETE FROM file WHERE kind = 'service_photo';
CREATE UNIQUE INDEX file_one_of_a_kind ON file (volunteer_id, kind) WHERE removed_at IS NULL;
ALTER TABLE file DROP CONSTRAINT file_kind_check;
ALTER TABLE file ADD CONSTRAINT file_kind_check
    CHECK (kind IN ('photo', 'id_document', 'residence_permit'));
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
