"""Names are found by their pinyin, too.

Filled by `prepare` at the next start (`actions/members.py`); until then a name is found by its
characters.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T14:70:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "names by pinyin"

FORWARDS = """
ALTER TABLE person ADD COLUMN name_pinyin text;
CREATE INDEX person_name_pinyin ON person USING gin (name_pinyin gin_trgm_ops);
"""

BACKWARDS = """
DROP INDEX person_name_pinyin;
ALTER TABLE person DROP COLUMN name_pinyin;
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
