"""Reports by station and day, exports of the record classes, the language people are written in."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T16:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "reports, exports of the record classes, languages of people"

# The index holds all that a report reads of a record: a station's year is some ten thousand
# records, which lie on every page of the table.
FORWARDS = """
CREATE INDEX service_record_report ON service_record (station_id, served_on)
    INCLUDE (volunteer_id, kind, evidence, late, standing_minutes, activity_id)
    WHERE state = 'counted';

ALTER TABLE person ADD COLUMN language varchar(8) NOT NULL DEFAULT 'zh-CN'
    CHECK (language IN ('zh-CN', 'en'));

CREATE TABLE record_export (
    id uuid PRIMARY KEY,
    station_id uuid REFERENCES station,
    from_on date NOT NULL,
    until_on date NOT NULL CHECK (until_on >= from_on),
    reason varchar(512) NOT NULL CHECK (reason <> ''),
    state varchar(16) NOT NULL CHECK (state IN ('asked', 'done', 'failed', 'forgotten')),
    asked_by uuid NOT NULL REFERENCES staff,
    asked_at timestamptz NOT NULL,
    people_total integer NOT NULL CHECK (people_total >= 0),
    people_done integer NOT NULL CHECK (people_done BETWEEN 0 AND people_total),
    workbook_sealed bytea,
    leased_until timestamptz,
    attempts integer NOT NULL CHECK (attempts >= 0),
    finished_at timestamptz,
    CHECK ((state = 'done') = (workbook_sealed IS NOT NULL)),
    CHECK ((state = 'asked') = (finished_at IS NULL))
);
CREATE INDEX record_export_due ON record_export (asked_at) WHERE state = 'asked';
CREATE INDEX record_export_asked_by ON record_export (asked_by, id);
"""

BACKWARDS = """
DROP TABLE record_export;
ALTER TABLE person DROP COLUMN language;
DROP INDEX service_record_report;
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
