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
"""

BACKWARDS = """
DROP TABLE file;
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
