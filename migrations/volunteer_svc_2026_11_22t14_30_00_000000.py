"""Webhooks: endpoints and their secrets, lanes of what waits, attempts."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T14:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "webhooks"

FORWARDS = """
CREATE TABLE endpoint (
    id uuid PRIMARY KEY,
    client_id uuid REFERENCES client,
    made_by uuid REFERENCES staff,
    url varchar(2048) NOT NULL,
    description varchar(128) NOT NULL,
    types text[] NOT NULL,
    stations uuid[] NOT NULL,
    sensitive boolean NOT NULL,
    on_failure varchar(8) NOT NULL CHECK (on_failure IN ('pass', 'block')),
    state varchar(16) NOT NULL
        CHECK (state IN ('unverified', 'active', 'paused', 'disabled', 'deleted')),
    state_reason varchar(32),
    created_at timestamptz NOT NULL,
    verified_at timestamptz CHECK (verified_at >= created_at),
    from_seq bigint NOT NULL,
    undelivered_seq bigint,
    version integer NOT NULL,
    CHECK ((client_id IS NULL) <> (made_by IS NULL)),
    CHECK (state NOT IN ('active', 'paused') OR verified_at IS NOT NULL)
);
CREATE INDEX endpoint_client ON endpoint (client_id, id);

CREATE TABLE endpoint_secret (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES endpoint,
    secret_sealed bytea NOT NULL,
    made_at timestamptz NOT NULL,
    ends_at timestamptz
);
CREATE UNIQUE INDEX endpoint_secret_one_goes_on ON endpoint_secret (endpoint_id)
    WHERE ends_at IS NULL;
CREATE INDEX endpoint_secret_endpoint ON endpoint_secret (endpoint_id);

CREATE TABLE endpoint_health (
    endpoint_id uuid PRIMARY KEY REFERENCES endpoint,
    failures integer NOT NULL CHECK (failures >= 0),
    failing_since timestamptz,
    last_success_at timestamptz,
    wait_until timestamptz
) WITH (fillfactor = 50);

CREATE SEQUENCE lane_claim;
CREATE TABLE lane (
    endpoint_id uuid NOT NULL REFERENCES endpoint,
    name varchar(96) NOT NULL,
    kind varchar(16) NOT NULL
        CHECK (kind IN ('subject', 'late', 'resend', 'test', 'challenge')),
    subject varchar(64),
    head_seq bigint,
    tail_seq bigint CHECK (tail_seq >= head_seq),
    event_id uuid,
    body text,
    attempts integer NOT NULL CHECK (attempts BETWEEN 0 AND 10),
    claim bigint NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (endpoint_id, name),
    CHECK ((kind = 'subject') = (subject IS NOT NULL)),
    CHECK ((kind IN ('test', 'challenge')) = (body IS NOT NULL)),
    CHECK ((body IS NULL) = (head_seq IS NOT NULL)),
    CHECK ((body IS NULL) = (event_id IS NULL)),
    CHECK ((head_seq IS NULL) = (tail_seq IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX lane_due ON lane (endpoint_id, due_at);
CREATE INDEX lane_sample ON lane (due_at) WHERE kind IN ('test', 'challenge');

CREATE TABLE fan_out (
    "only" boolean PRIMARY KEY CHECK ("only"),
    fanned_seq bigint NOT NULL
);
INSERT INTO fan_out SELECT true, last_seq FROM event_head;

CREATE TABLE delivery_attempt (
    id bigserial PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES endpoint,
    event_id uuid NOT NULL,
    sequence bigint,
    kind varchar(16) NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    at timestamptz NOT NULL,
    milliseconds integer NOT NULL CHECK (milliseconds >= 0),
    verdict varchar(16) NOT NULL
        CHECK (verdict IN ('delivered', 'failed', 'told_to_wait', 'gone')),
    status integer,
    fault varchar(32),
    answer varchar(512) NOT NULL,
    CHECK (status IS NOT NULL OR fault IS NOT NULL)
);
CREATE INDEX delivery_attempt_endpoint ON delivery_attempt (endpoint_id, id);
CREATE INDEX delivery_attempt_at ON delivery_attempt (at);
CREATE TRIGGER delivery_attempt_unchanged BEFORE UPDATE ON delivery_attempt
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

BACKWARDS = """
DROP TABLE delivery_attempt, fan_out, lane, endpoint_health, endpoint_secret, endpoint;
DROP SEQUENCE lane_claim;
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
