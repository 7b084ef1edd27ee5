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
"""

BACKWARDS = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM person_key) THEN
        RAISE EXCEPTION 'there are persons'' keys: without them their data is lost';
    END IF;
END $$;
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
