"""A record's volunteer and a ledger entry's record are looked up once a statement, too.

PostgreSQL's own references look up, and lock, one row after the other: for a sheet they were a
sixth of all the database did. What they guarded against deleting is guarded as for stations and
staff: nobody is ever deleted, and no id ever changes.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-23T01:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "references of records and ledger once a statement"

# OFFSET 0: one row is looked up after the other by its key, whatever a plan that was made while
# the tables were small would rather do.
FORWARDS = """
CREATE FUNCTION refuse_unknown_volunteers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added WHERE NOT EXISTS (
        SELECT FROM volunteer WHERE volunteer.id = added.volunteer_id OFFSET 0)) THEN
        RAISE foreign_key_violation USING
            MESSAGE = 'a record of an unknown volunteer', CONSTRAINT = 'service_record_volunteer';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER service_record_volunteer AFTER INSERT ON service_record
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unknown_volunteers();
CREATE TRIGGER volunteer_kept BEFORE DELETE OR UPDATE OF id ON volunteer
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE service_record DROP CONSTRAINT service_record_volunteer_id_fkey;

CREATE FUNCTION refuse_unknown_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added WHERE NOT EXISTS (
        SELECT FROM service_record WHERE service_record.id = added.record_id OFFSET 0)) THEN
        RAISE foreign_key_violation USING
            MESSAGE = 'a ledger entry of an unknown record', CONSTRAINT = 'ledger_entry_record';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_entry_record AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_unknown_records();
CREATE TRIGGER service_record_kept BEFORE UPDATE OF id ON service_record
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_record_id_fkey;
"""

BACKWARDS = """
ALTER TABLE ledger_entry ADD FOREIGN KEY (record_id) REFERENCES service_record;
DROP TRIGGER service_record_kept ON service_record;
DROP TRIGGER ledger_entry_record ON ledger_entry;
DROP FUNCTION refuse_unknown_records;
ALTER TABLE service_record ADD FOREIGN KEY (volunteer_id) REFERENCES volunteer;
DROP TRIGGER volunteer_kept ON volunteer;
DROP TRIGGER service_record_volunteer ON service_record;
DROP FUNCTION refuse_unknown_volunteers;
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
