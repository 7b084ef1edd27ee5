"""Every person's own data key, and the rights that rest on it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T13:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "persons' keys, and the rights that rest on them"

FORWARDS = """
CREATE TABLE ring_key (
    name varchar(64) PRIMARY KEY,
    purpose varchar(8) NOT NULL CHECK (purpose IN ('wrap', 'hash')),
    proof bytea NOT NULL,
    made_at timestamptz NOT NULL,
    superseded_at timestamptz,
    CHECK (superseded_at IS NULL OR purpose = 'wrap')
);
CREATE UNIQUE INDEX ring_key_one_hash ON ring_key (purpose) WHERE purpose = 'hash';

CREATE TABLE person_key (
    volunteer_id uuid PRIMARY KEY REFERENCES volunteer,
    key_name varchar(64) NOT NULL REFERENCES ring_key,
    wrapped bytea NOT NULL
);
CREATE INDEX person_key_ring_key ON person_key (key_name);

ALTER TABLE volunteer ADD COLUMN erased_on date;

CREATE TABLE erasure (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    cause varchar(16) NOT NULL CHECK (cause IN ('request', 'unfinished', 'kept_enough')),
    reason varchar(512) NOT NULL,
    asked_by uuid REFERENCES staff,
    asked_at timestamptz NOT NULL,
    state varchar(16) NOT NULL CHECK (state IN ('waiting', 'erased', 'refused')),
    decided_by uuid REFERENCES staff CHECK (decided_by <> asked_by),
    decided_at timestamptz,
    decision_reason varchar(512),
    CHECK ((state = 'waiting') = (decided_at IS NULL)),
    CHECK (state = 'waiting' OR cause <> 'request' OR decided_by IS NOT NULL)
);
CREATE UNIQUE INDEX erasure_one_waiting ON erasure (volunteer_id) WHERE state = 'waiting';
CREATE UNIQUE INDEX erasure_once ON erasure (volunteer_id) WHERE state = 'erased';
CREATE INDEX erasure_waiting ON erasure (id) WHERE state = 'waiting';

CREATE TABLE correction_request (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    station_id uuid NOT NULL REFERENCES station,
    text_sealed bytea NOT NULL,
    asked_at timestamptz NOT NULL,
    due_on date NOT NULL,
    due_approximate boolean NOT NULL,
    outcome varchar(16) CHECK (outcome IN ('corrected', 'refused')),
    reason varchar(512),
    resolved_by uuid REFERENCES staff,
    resolved_at timestamptz,
    CHECK (num_nonnulls(outcome, reason, resolved_by, resolved_at) IN (0, 4))
);
CREATE INDEX correction_request_open ON correction_request (station_id, id)
    WHERE resolved_at IS NULL;
CREATE INDEX correction_request_volunteer ON correction_request (volunteer_id);

CREATE TABLE consent_withdrawal (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    kind varchar(16) NOT NULL CHECK (kind IN ('rules', 'guardian')),
    reason varchar(512) NOT NULL,
    recorded_by uuid REFERENCES staff,
    withdrawn_at timestamptz NOT NULL
);
CREATE INDEX consent_withdrawal_volunteer ON consent_withdrawal (volunteer_id);

ALTER TABLE volunteer ADD COLUMN merged_into uuid REFERENCES volunteer CHECK (merged_into <> id);
CREATE INDEX volunteer_merged_into ON volunteer (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE former_document (
    document_hash bytea PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer
);
CREATE INDEX former_document_volunteer ON former_document (volunteer_id);

CREATE TABLE identity_correction (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    fields text[] NOT NULL CHECK (cardinality(fields) > 0),
    before_sealed bytea NOT NULL,
    reason varchar(512) NOT NULL,
    corrected_by uuid NOT NULL REFERENCES staff,
    corrected_at timestamptz NOT NULL
);
CREATE INDEX identity_correction_volunteer ON identity_correction (volunteer_id);

CREATE TABLE merge (
    id uuid PRIMARY KEY,
    kept_id uuid NOT NULL REFERENCES volunteer,
    duplicate_id uuid NOT NULL UNIQUE REFERENCES volunteer CHECK (duplicate_id <> kept_id),
    before_sealed bytea NOT NULL,
    reason varchar(512) NOT NULL,
    merged_by uuid NOT NULL REFERENCES staff,
    merged_at timestamptz NOT NULL
);
CREATE INDEX merge_kept ON merge (kept_id);

CREATE TABLE merged_record (
    from_record_id uuid PRIMARY KEY REFERENCES service_record,
    to_record_id uuid UNIQUE REFERENCES service_record,
    merge_id uuid NOT NULL REFERENCES merge
);
CREATE TRIGGER merged_record_append_only BEFORE UPDATE OR DELETE ON merged_record
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

# Without their keys the data of everybody are lost: only for a database nobody uses yet.
BACKWARDS = """
DROP TABLE merged_record, merge, identity_correction, former_document;
ALTER TABLE volunteer DROP COLUMN merged_into;
DROP TABLE consent_withdrawal, correction_request, erasure;
ALTER TABLE volunteer DROP COLUMN erased_on;
DROP TABLE person_key, ring_key;
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
