"""References of records that are the same for a whole sheet are checked once a statement.

A sheet has one station and one clerk; looking both up again for each of its hundred rows was a
tenth of what PostgreSQL did. The totals of a year lose theirs: they are written from ledger
entries, which refer to records, and `verify` recomputes them.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T13:55:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "references once a statement"

# A record's station and clerk never change (service_record_append_only), and stations and staff are
# never deleted: inserting is the only way to a wrong one.
FORWARDS = """
CREATE FUNCTION refuse_unknown_places() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    referred uuid;
BEGIN
    FOR referred IN SELECT DISTINCT station_id FROM added LOOP
        PERFORM FROM station WHERE id = referred;
        IF NOT FOUND THEN
            RAISE foreign_key_violation USING
                MESSAGE = 'a record of an unknown station', CONSTRAINT = 'service_record_station';
        END IF;
    END LOOP;
    FOR referred IN SELECT DISTINCT entered_by FROM added WHERE entered_by IS NOT NULL LOOP
        PERFORM FROM staff WHERE id = referred;
        IF NOT FOUND THEN
            RAISE foreign_key_violation USING
                MESSAGE = 'a record by unknown staff', CONSTRAINT = 'service_record_entered_by';
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
CREATE TRIGGER service_record_places AFTER INSERT ON service_record
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_unknown_places();
CREATE TRIGGER station_kept BEFORE DELETE ON station FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER staff_kept BEFORE DELETE ON staff FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE service_record
    DROP CONSTRAINT service_record_station_id_fkey,
    DROP CONSTRAINT service_record_entered_by_fkey;
ALTER TABLE yearly_minutes
    DROP CONSTRAINT yearly_minutes_volunteer_id_fkey,
    DROP CONSTRAINT yearly_minutes_station_id_fkey;
"""

BACKWARDS = """
ALTER TABLE yearly_minutes
    ADD FOREIGN KEY (volunteer_id) REFERENCES volunteer,
    ADD FOREIGN KEY (station_id) REFERENCES station;
ALTER TABLE service_record
    ADD FOREIGN KEY (station_id) REFERENCES station,
    ADD FOREIGN KEY (entered_by) REFERENCES staff;
DROP TRIGGER staff_kept ON staff;
DROP TRIGGER station_kept ON station;
DROP TRIGGER service_record_places ON service_record;
DROP FUNCTION refuse_unknown_places;
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
