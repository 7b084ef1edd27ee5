"""Trails: the ledger becomes a chain of hashes; every change and every reading is kept in one."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "2026-11-22T13:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "chains of hashes"

# The same bytes as `domain.ledger.entry_hash`: see there.
LEDGER = r"""
CREATE FUNCTION ledger_hash(
    previous bytea, id uuid, volunteer_id uuid, seq integer, record_id uuid, correction_id uuid,
    kind text, minutes_delta integer, balance integer, station_id uuid, served_on date,
    entered_at timestamptz
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT sha256(
    int4send(8) || convert_to('ledger 1', 'UTF8')
    || int4send(16) || uuid_send(id) || int4send(16) || uuid_send(volunteer_id)
    || int4send(4) || int4send(seq) || int4send(16) || uuid_send(record_id)
    || int4send(4) || int4send(minutes_delta) || int4send(4) || int4send(balance)
    || int4send(16) || uuid_send(station_id) || int4send(4) || date_send(served_on)
    || int4send(8) || timestamptz_send(entered_at) || int4send(32) || previous
    || int4send(octet_length(kind)) || convert_to(kind, 'UTF8')
    || coalesce(int4send(16) || uuid_send(correction_id), int4send(-1))
)
$$;
CREATE AGGREGATE ledger_chain(
    uuid, uuid, integer, uuid, uuid, text, integer, integer, uuid, date, timestamptz
) (SFUNC = ledger_hash, STYPE = bytea,
    INITCOND = '\x0000000000000000000000000000000000000000000000000000000000000000');

ALTER TABLE volunteer ADD COLUMN ledger_hash bytea NOT NULL
    DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'
    CHECK (octet_length(ledger_hash) = 32);
ALTER TABLE ledger_entry ADD COLUMN hash bytea CHECK (octet_length(hash) = 32);
ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_append_only;
"""

VOLUNTEERS = """
SELECT id FROM volunteer WHERE ledger_seq > 0 AND ($1::uuid IS NULL OR id > $1)
ORDER BY id LIMIT 1000
"""
CHAIN = """
WITH chain AS (
    SELECT id, ledger_chain(id, volunteer_id, seq, record_id, correction_id, kind, minutes_delta,
        balance, station_id, served_on, entered_at) OVER (PARTITION BY volunteer_id ORDER BY seq)
        AS hash
    FROM ledger_entry WHERE volunteer_id = ANY($1)
)
UPDATE ledger_entry SET hash = chain.hash FROM chain WHERE ledger_entry.id = chain.id
"""
LAST = """
UPDATE volunteer SET ledger_hash = last.hash FROM ledger_entry AS last
WHERE volunteer.id = ANY($1) AND last.volunteer_id = volunteer.id
    AND last.seq = volunteer.ledger_seq
"""

CHAINED = """
ALTER TABLE ledger_entry ALTER COLUMN hash SET NOT NULL;
ALTER TABLE ledger_entry ENABLE TRIGGER ledger_entry_append_only;
"""

TRAILS = r"""
CREATE TABLE audit_outbox (
    outbox_id bigserial PRIMARY KEY,
    trail varchar(8) NOT NULL CHECK (trail IN ('audit', 'access')),
    id uuid NOT NULL,
    happened_at timestamptz NOT NULL,
    actor_kind varchar(16) NOT NULL
        CHECK (actor_kind IN ('staff', 'volunteer', 'client', 'anyone')),
    actor_id uuid CHECK ((actor_id IS NULL) = (actor_kind = 'anyone')),
    actor_station_id uuid,
    channel varchar(16) NOT NULL,
    address varchar(64),
    request_id varchar(64),
    action varchar(64) NOT NULL,
    subject varchar(64),
    detail text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE audit_entry (
    seq bigint PRIMARY KEY CHECK (seq >= 1),
    id uuid NOT NULL UNIQUE,
    happened_at timestamptz NOT NULL,
    actor_kind varchar(16) NOT NULL
        CHECK (actor_kind IN ('staff', 'volunteer', 'client', 'anyone')),
    actor_id uuid CHECK ((actor_id IS NULL) = (actor_kind = 'anyone')),
    actor_station_id uuid,
    channel varchar(16) NOT NULL,
    address varchar(64),
    request_id varchar(64),
    action varchar(64) NOT NULL,
    subject varchar(64),
    detail text NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE INDEX audit_entry_subject ON audit_entry (subject, seq);
CREATE INDEX audit_entry_actor ON audit_entry (actor_id, seq);
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_entry_kept BEFORE TRUNCATE ON audit_entry
    EXECUTE FUNCTION refuse_change();

CREATE TABLE access_log (
    LIKE audit_entry INCLUDING CONSTRAINTS INCLUDING INDEXES
);
CREATE TRIGGER access_log_append_only BEFORE UPDATE OR DELETE ON access_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER access_log_kept BEFORE TRUNCATE ON access_log
    EXECUTE FUNCTION refuse_change();

CREATE TABLE trail_head (
    trail varchar(8) PRIMARY KEY CHECK (trail IN ('audit', 'access')),
    last_seq bigint NOT NULL,
    last_hash bytea NOT NULL CHECK (octet_length(last_hash) = 32)
);
INSERT INTO trail_head
SELECT trail, 0, '\x0000000000000000000000000000000000000000000000000000000000000000'
FROM unnest(ARRAY['audit', 'access']) AS trail;
"""

DISCLOSURES = """
CREATE TABLE disclosure (
    id uuid PRIMARY KEY,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    station_id uuid NOT NULL REFERENCES station,
    recipient varchar(128) NOT NULL,
    letter_reference varchar(128) NOT NULL CHECK (letter_reference <> ''),
    fields text[] NOT NULL,
    reason varchar(512) NOT NULL,
    requested_by uuid NOT NULL REFERENCES staff,
    requested_at timestamptz NOT NULL,
    approved_by uuid REFERENCES staff,
    approved_at timestamptz,
    CHECK ((approved_by IS NULL) = (approved_at IS NULL))
);
CREATE INDEX disclosure_station ON disclosure (station_id, id);
"""

HEADS = """
CREATE TABLE signed_head (
    number integer PRIMARY KEY CHECK (number >= 1),
    signed_at timestamptz NOT NULL,
    body text NOT NULL,
    signature bytea NOT NULL CHECK (octet_length(signature) = 64),
    public_key bytea NOT NULL CHECK (octet_length(public_key) = 32)
);
CREATE TRIGGER signed_head_append_only BEFORE UPDATE OR DELETE ON signed_head
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER signed_head_kept BEFORE TRUNCATE ON signed_head
    EXECUTE FUNCTION refuse_change();

CREATE TABLE ledger_mark (
    head_number integer NOT NULL,
    volunteer_id uuid NOT NULL REFERENCES volunteer,
    seq integer NOT NULL,
    PRIMARY KEY (head_number, volunteer_id)
);
CREATE INDEX ledger_mark_volunteer ON ledger_mark (volunteer_id, seq);
CREATE TRIGGER ledger_mark_append_only BEFORE UPDATE OR DELETE ON ledger_mark
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_mark_kept BEFORE TRUNCATE ON ledger_mark
    EXECUTE FUNCTION refuse_change();
"""

BACKWARDS = """
DROP TABLE ledger_mark, signed_head;
DROP TABLE disclosure;
DROP TABLE trail_head, access_log, audit_entry, audit_outbox;
ALTER TABLE ledger_entry DROP COLUMN hash;
ALTER TABLE volunteer DROP COLUMN ledger_hash;
DROP AGGREGATE ledger_chain(
    uuid, uuid, integer, uuid, uuid, text, integer, integer, uuid, date, timestamptz);
DROP FUNCTION ledger_hash;
"""


async def forwards():
    manager = MigrationManager(ID, app_name="volunteer_svc", description=DESCRIPTION)

    async def run_forwards():
        connection = engine_finder().current_transaction.get().connection
        await connection.execute(LEDGER)
        # Volunteer by volunteer, a thousand a statement: no statement is long, no memory large.
        last = None
        while people := [row["id"] for row in await connection.fetch(VOLUNTEERS, last)]:
            await connection.execute(CHAIN, people)
            await connection.execute(LAST, people)
            last = people[-1]
        await connection.execute(CHAINED)
        await connection.execute(TRAILS)
        await connection.execute(DISCLOSURES)
        await connection.execute(HEADS)

    async def run_backwards():
        await engine_finder().current_transaction.get().connection.execute(BACKWARDS)

    manager.add_raw(run_forwards)
    manager.add_raw_backwards(run_backwards)
    return manager
