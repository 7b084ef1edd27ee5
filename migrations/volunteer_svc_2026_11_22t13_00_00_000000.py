"""Totals of a year over all stations, kept in order: the county's list is read, not summed.

With them go what cost every entry and told nothing: keys and an index nobody asks, references of
the ledger that follow from its record, and the outbox's, whose rows live for a moment. The new
table needs none: its rows are written by one statement with those of yearly_minutes.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "totals of a year in order"

FORWARDS = """
CREATE TABLE year_total (
    volunteer_id uuid NOT NULL,
    year integer NOT NULL,
    minutes integer NOT NULL CHECK (minutes >= 0),
    PRIMARY KEY (volunteer_id, year)
) WITH (fillfactor = 80);
INSERT INTO year_total
SELECT volunteer_id, year, sum(minutes) FROM yearly_minutes GROUP BY volunteer_id, year;
CREATE INDEX year_total_list ON year_total (year, minutes DESC, volunteer_id);

ALTER TABLE yearly_minutes
    DROP CONSTRAINT yearly_minutes_volunteer_id_station_id_year_key,
    DROP COLUMN id,
    ADD PRIMARY KEY (volunteer_id, station_id, year);

ALTER TABLE ledger_entry
    DROP CONSTRAINT ledger_entry_volunteer_id_fkey,
    DROP CONSTRAINT ledger_entry_station_id_fkey;
DROP INDEX ledger_entry_record;

ALTER TABLE outbox DROP CONSTRAINT outbox_station_id_fkey;

ALTER TABLE import_run ADD COLUMN lanes_done integer[] NOT NULL DEFAULT '{}';
-- A run that is under way begins anew: what it has written is found to be imported already.
UPDATE import_run SET lanes_done = '{0,0,0,0,0,0}', rows_done = 0, summary = '{}'
WHERE state = 'committing';
"""

BACKWARDS = """
ALTER TABLE import_run DROP COLUMN lanes_done;

ALTER TABLE outbox ADD FOREIGN KEY (station_id) REFERENCES station;

CREATE INDEX ledger_entry_record ON ledger_entry (record_id);
ALTER TABLE ledger_entry
    ADD FOREIGN KEY (volunteer_id) REFERENCES volunteer,
    ADD FOREIGN KEY (station_id) REFERENCES station;

ALTER TABLE yearly_minutes
    DROP CONSTRAINT yearly_minutes_pkey,
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,
    ADD UNIQUE (volunteer_id, station_id, year);
ALTER TABLE yearly_minutes ALTER COLUMN id DROP DEFAULT;

DROP TABLE year_total;
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
