"""Attendance of trainings that is struck; transfers proposed to a volunteer and his answer."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T16:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "struck training attendance, proposed transfers"

FORWARDS = """
ALTER TABLE training_completion
    ADD COLUMN struck_at timestamptz CHECK (struck_at >= recorded_at),
    ADD COLUMN struck_by uuid REFERENCES staff,
    ADD COLUMN struck_reason varchar(512),
    ADD CONSTRAINT training_completion_struck
        CHECK (num_nonnulls(struck_at, struck_by, struck_reason) IN (0, 3)),
    DROP CONSTRAINT training_completion_session_id_volunteer_id_topic_key;
CREATE UNIQUE INDEX training_completion_once
    ON training_completion (session_id, volunteer_id, topic) WHERE struck_at IS NULL;

CREATE TABLE transfer_proposal (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    from_station_id uuid NOT NULL REFERENCES station,
    to_station_id uuid NOT NULL REFERENCES station CHECK (to_station_id <> from_station_id),
    reason varchar(512) NOT NULL,
    proposed_by uuid NOT NULL REFERENCES staff,
    proposed_at timestamptz NOT NULL,
    answer varchar(16) CHECK (answer IN ('consented', 'refused', 'withdrawn', 'over')),
    answer_reason varchar(512) NOT NULL,
    answered_at timestamptz CHECK (answered_at >= proposed_at),
    transfer_id uuid UNIQUE REFERENCES transfer,
    CHECK (num_nonnulls(answer, answered_at) IN (0, 2)),
    CHECK (coalesce(answer = 'consented', false) = (transfer_id IS NOT NULL))
);
CREATE UNIQUE INDEX transfer_proposal_one_open ON transfer_proposal (volunteer_id)
    WHERE answer IS NULL;
CREATE INDEX transfer_proposal_from ON transfer_proposal (from_station_id, id)
    WHERE answer IS NULL;
CREATE INDEX transfer_proposal_to ON transfer_proposal (to_station_id, id) WHERE answer IS NULL;
CREATE INDEX transfer_proposal_volunteer ON transfer_proposal (volunteer_id, id);

CREATE INDEX evaluation_record ON evaluation (record_id, id) WHERE record_id IS NOT NULL;
CREATE INDEX award_station ON award (station_id, id);
CREATE INDEX complaint_closed ON complaint (station_id, id) WHERE closed_at IS NOT NULL;
"""

BACKWARDS = """
DROP INDEX complaint_closed, award_station, evaluation_record;
DROP TABLE transfer_proposal;
DROP INDEX training_completion_once;
DELETE FROM training_completion WHERE struck_at IS NOT NULL;
ALTER TABLE training_completion
    DROP CONSTRAINT training_completion_struck,
    DROP COLUMN struck_at, DROP COLUMN struck_by, DROP COLUMN struck_reason,
    ADD CONSTRAINT training_completion_session_id_volunteer_id_topic_key
        UNIQUE (session_id, volunteer_id, topic);
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
