"""Keys of other services: several per client, so that one can be rotated while it is in use."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T13:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "client keys"

FORWARDS = """
CREATE TABLE client_key (
    key_hash bytea PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES client,
    hint varchar(16) NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz CHECK (expires_at >= created_at),
    last_used_at timestamptz
);
CREATE INDEX client_key_client ON client_key (client_id, created_at);
INSERT INTO client_key
    SELECT key_hash, id, '', least(created_at, expires_at), expires_at, NULL FROM client;
ALTER TABLE client ADD closed_at timestamptz, DROP key_hash, DROP expires_at;
"""

# A client without a living key gets its last one back, ended; of two the newest stays.
BACKWARDS = """
ALTER TABLE client DROP closed_at, ADD key_hash bytea UNIQUE, ADD expires_at timestamptz;
UPDATE client SET (key_hash, expires_at) = (
    SELECT key_hash, expires_at FROM client_key WHERE client_id = client.id
    ORDER BY created_at DESC LIMIT 1);
ALTER TABLE client ALTER key_hash SET NOT NULL;
DROP TABLE client_key;
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
