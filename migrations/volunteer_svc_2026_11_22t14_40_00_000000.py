"""Operations of the events: the day's digests, where the relay stands, alarms."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T14:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "digests, relay marks, alarms"

FORWARDS = """
CREATE TABLE digest (
    id uuid PRIMARY KEY,
    station_id uuid REFERENCES station,
    "on" date NOT NULL,
    from_seq bigint NOT NULL,
    to_seq bigint NOT NULL CHECK (to_seq >= from_seq - 1),
    figures jsonb NOT NULL,
    made_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX digest_one_a_day ON digest ("on", station_id) NULLS NOT DISTINCT;
CREATE TRIGGER digest_append_only BEFORE UPDATE OR DELETE ON digest
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
-- Rows come in about the order of time, so that a few bytes for many pages find a day.
CREATE INDEX event_log_happened_at ON event_log USING brin (happened_at)
    WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE relay_mark (
    way varchar(16) PRIMARY KEY CHECK (way IN ('sequencer', 'stream', 'jetstream')),
    seq bigint NOT NULL,
    problem varchar(32),
    seen_at timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE alarm (
    id uuid PRIMARY KEY,
    kind varchar(32) NOT NULL,
    reading bigint NOT NULL,
    "limit" bigint NOT NULL,
    raised_at timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at >= raised_at)
);
CREATE UNIQUE INDEX alarm_one_an_incident ON alarm (kind) WHERE ended_at IS NULL;
"""

BACKWARDS = """
DROP TABLE alarm, relay_mark, digest;
DROP INDEX event_log_happened_at;
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
