"""For whom a stand-in approved a reading; an erased person's reason leaves published lists."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T16:58:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "on whose behalf a disclosure was approved, reasons of exclusions erasable"

# Whatever of an issue is not a reason stays for ever; a reason may only become '-'.
FORWARDS = """
ALTER TABLE disclosure
    ADD COLUMN on_behalf_of uuid REFERENCES staff CHECK (on_behalf_of <> approved_by);

CREATE FUNCTION refuse_all_but_reason_taken_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND to_jsonb(NEW) - 'exclusions' = to_jsonb(OLD) - 'exclusions'
        AND NEW.exclusions = (
            SELECT jsonb_agg(
                CASE WHEN NEW.exclusions -> (n - 1)::int ->> 'reason' = '-'
                    THEN jsonb_set(was, '{reason}', '"-"') ELSE was END
                ORDER BY n
            )
            FROM jsonb_array_elements(OLD.exclusions) WITH ORDINALITY AS old (was, n)
        )
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% of % is append-only', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER recognition_issue_append_only ON recognition_issue;
CREATE TRIGGER recognition_issue_append_only BEFORE UPDATE OR DELETE ON recognition_issue
    FOR EACH ROW EXECUTE FUNCTION refuse_all_but_reason_taken_out();

UPDATE recognition_issue i SET exclusions = (
    SELECT jsonb_agg(
        CASE WHEN v.erased_on IS NULL THEN e ELSE jsonb_set(e, '{reason}', '"-"') END ORDER BY n
    )
    FROM jsonb_array_elements(i.exclusions) WITH ORDINALITY AS x (e, n)
    JOIN volunteer v ON v.id = (e ->> 'volunteer_id')::uuid
)
WHERE EXISTS (
    SELECT FROM jsonb_array_elements(i.exclusions) AS e
    JOIN volunteer v ON v.id = (e ->> 'volunteer_id')::uuid WHERE v.erased_on IS NOT NULL
);
"""

BACKWARDS = """
DROP TRIGGER recognition_issue_append_only ON recognition_issue;
CREATE TRIGGER recognition_issue_append_only BEFORE UPDATE OR DELETE ON recognition_issue
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
DROP FUNCTION refuse_all_but_reason_taken_out;
ALTER TABLE disclosure DROP COLUMN on_behalf_of;
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
