"""The append-only log of events: the sequencer numbers what is committed, readers read on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from volunteer_svc.config import Config
from volunteer_svc.domain.cloudevent import Numbered, Outgoing, number
from volunteer_svc.store import database

BELL = "volunteer_events"
"""The channel on which PostgreSQL tells of a move of the head."""
_LEADER_LOCK = 0x72656C6179  # the letters "relay": any number, the same for every relay
_CLOSE_SECONDS = 1

_TAKE = """
SELECT id, event_id, name, subject, subject_version, station_id, happened_at, correlation_id,
    causation_id, traceparent, data
FROM outbox ORDER BY id LIMIT $1
"""
_LOG = """
INSERT INTO event_log (seq, event_id, name, subject, station_id, happened_at, body)
SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::uuid[],
    $6::timestamptz[], $7::text[])
"""


class Head(msgspec.Struct, frozen=True):
    """Where the numbering stands: the last number given, the first one that is still kept, and
    the first one of the epoch."""

    epoch: str
    last_seq: int
    floor_seq: int
    first_seq: int


COLUMNS = ", ".join(Head.__struct_fields__)


async def connect(config: Config) -> Any:
    """The sequencer's own connection: with it goes its lead."""
    return await asyncpg.connect(
        config.database_url,
        timeout=config.pool_wait_seconds,
        command_timeout=config.statement_timeout_seconds,
        server_settings={
            "application_name": "volunteer_svc relay",
            "timezone": "UTC",
            "statement_timeout": str(config.statement_timeout_seconds * 1000),
            "idle_in_transaction_session_timeout": str(config.statement_timeout_seconds * 1000),
            # A number that was shown to anybody must survive a crash of PostgreSQL.
            "synchronous_commit": "on",
            # A leader whose machine vanished must not hold the lock for hours.
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        },
    )


async def disconnect(connection: Any) -> None:
    """Give up the lead; at most a second, whatever state the server is in."""
    try:
        await connection.close(timeout=_CLOSE_SECONDS)
    except database.LOST:
        connection.terminate()


async def try_to_lead(connection: Any) -> bool:
    """Whether this connection is now the one sequencer, until it ends."""
    return bool(await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LEADER_LOCK))


async def move(connection: Any, limit: int) -> int:
    """Number up to `limit` committed events and put them into the log. Returns how many.

    The lock is a statement of its own before the one that reads the outbox: under READ COMMITTED
    the second then sees everything that was committed while the first waited.

    After an error or a cancellation the connection is to be thrown away: when it falls into BEGIN,
    asyncpg 0.32 takes the next transaction for a savepoint, and nothing is committed any more.
    """
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)"):
        return 0  # without writing anything, many times a second
    async with connection.transaction(isolation="read_committed"):
        head = await connection.fetchrow("SELECT epoch, last_seq FROM event_head FOR UPDATE")
        rows = await connection.fetch(_TAKE, limit)
        if not rows:
            return 0
        first = head["last_seq"] + 1
        outgoing = [msgspec.convert(row, Outgoing) for row in map(dict, rows)]
        numbered = [number(one, first + i, head["epoch"]) for i, one in enumerate(outgoing)]
        await connection.execute(
            _LOG,
            [one.sequence for one in numbered],
            [one.event_id for one in numbered],
            [one.name for one in numbered],
            [one.subject for one in numbered],
            [one.station_id for one in outgoing],
            [one.happened_at for one in outgoing],
            [one.body for one in numbered],
        )
        # By list: `id <= the last` would also take rows that became visible a moment ago.
        await connection.execute(
            "DELETE FROM outbox WHERE id = ANY($1::bigint[])", [row["id"] for row in rows]
        )
        # Rings the bell of whoever follows the log (`event_feed.bell`). No writer's commit waits
        # for it: PostgreSQL makes only those who notify wait for each other.
        await connection.execute(
            "WITH head AS (UPDATE event_head SET last_seq = $1 RETURNING 1)"
            f" SELECT pg_notify('{BELL}', '') FROM head",
            numbered[-1].sequence,
        )
    return len(rows)


async def rotate(epoch: str, above: int) -> Head:
    """Begin a new epoch whose first number is greater than `above` and all numbers so far.

    What the log holds of earlier epochs stays, below the floor; nobody is sent it any more.
    """
    row = await database.fetch_row(
        "WITH head AS (UPDATE event_head SET epoch = $1, last_seq = greatest(last_seq, $2),"
        " floor_seq = greatest(last_seq, $2) + 1, first_seq = greatest(last_seq, $2) + 1"
        f" RETURNING {COLUMNS}) SELECT {COLUMNS}, pg_notify('{BELL}', '')::text FROM head",
        epoch, above,
    )  # fmt: skip
    return Head(*row[:-1])  # type: ignore[index]


async def forget(before: datetime, limit: int) -> Head | None:
    """Drop up to `limit` of the oldest events, those that happened before that moment, and move
    the floor above them. None when there was none.

    One transaction, so that a reader sees either both or neither; the head's row comes last and
    is locked only while the commit lasts.
    """
    row = await database.fetch_row(
        """
        WITH oldest AS (
            SELECT seq, happened_at FROM event_log ORDER BY seq LIMIT $2
        ), kept AS (
            SELECT min(seq) AS seq FROM oldest WHERE happened_at >= $1
        ), gone AS (
            DELETE FROM event_log WHERE seq IN (
                SELECT seq FROM oldest
                WHERE (SELECT seq FROM kept) IS NULL OR seq < (SELECT seq FROM kept))
            RETURNING seq
        )
        SELECT max(seq) AS last FROM gone
        """,
        before, limit,
    )  # fmt: skip
    if row is None or row["last"] is None:
        return None
    return Head(**await database.fetch_row(  # type: ignore[arg-type]
        "UPDATE event_head SET floor_seq = greatest(floor_seq, $1 + 1)"
        f" RETURNING {COLUMNS}", row["last"],
    ))  # fmt: skip


async def head() -> Head:
    """The numbering as committed."""
    return Head(**await database.fetch_row(f"SELECT {COLUMNS} FROM event_head"))  # type: ignore[arg-type]


async def read(after: int, limit: int) -> Sequence[Numbered]:
    """The events behind number `after`, in order."""
    rows = await database.fetch(
        "SELECT seq AS sequence, event_id, name, subject, body FROM event_log "
        "WHERE seq > $1 ORDER BY seq LIMIT $2",
        after,
        limit,
    )
    return [Numbered(**row) for row in rows]


async def find(event_id: UUID) -> Numbered | None:
    """An event that the log still holds."""
    row = await database.fetch_row(
        "SELECT seq AS sequence, event_id, name, subject, body FROM event_log"
        " WHERE event_id = $1 AND seq >= (SELECT floor_seq FROM event_head)",
        event_id,
    )
    return Numbered(**row) if row else None


async def last_before(instant: datetime) -> int:
    """The last number before the first event, by number, that happened at that instant or later.

    `time` is no order: some events behind it may have happened earlier.
    """
    row = await database.fetch_row(
        "SELECT coalesce(min(l.seq) - 1, (SELECT last_seq FROM event_head)) AS seq"
        " FROM event_log l WHERE l.happened_at >= $1",
        instant,
    )
    return int(row["seq"]) if row else 0
