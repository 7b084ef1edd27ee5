"""The trails: noted in the command's transaction, chained after its commit, append-only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from volunteer_svc.domain.trail import Entry, Trail, entry_hash
from volunteer_svc.store import database

TABLES: dict[Trail, str] = {"audit": "audit_entry", "access": "access_log"}
_FIELDS = Entry.__struct_fields__
_COLUMNS = ", ".join(_FIELDS)
_TYPES = (
    "uuid", "timestamptz", "text", "uuid", "uuid", "text", "text", "text", "text", "text", "text",
)  # fmt: skip
_ARRAYS = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_TYPES, 2))
# ORDER BY gives the rows their identities in the order of the list. A transaction that has
# changed nothing has no number, and leaves no audit entry.
_APPEND = f"""
INSERT INTO audit_outbox (trail, {_COLUMNS})
SELECT trail, {_COLUMNS}
FROM unnest($1::text[], {_ARRAYS})
    WITH ORDINALITY AS noted (trail, {_COLUMNS}, place)
WHERE trail = 'access' OR pg_current_xact_id_if_assigned() IS NOT NULL
ORDER BY place
"""
_TAKE = f"SELECT outbox_id, trail, {_COLUMNS} FROM audit_outbox ORDER BY outbox_id LIMIT $1"
_KEEP = """
INSERT INTO {table} (seq, {columns}, hash)
SELECT * FROM unnest($1::bigint[], {arrays}, $13::bytea[])
"""


class TrailRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry at its place in its trail; `hash` chains it to the one before it."""

    seq: int
    entry: Entry
    hash: bytes


async def append(noted: Sequence[tuple[Trail, Entry]]) -> None:
    """Note entries inside the running command; they exist if it commits.

    Audit entries are left out when the transaction has changed and locked nothing.
    """
    if not noted:
        return
    rows = [msgspec.structs.astuple(entry) for _, entry in noted]
    await database.execute(
        _APPEND, [trail for trail, _ in noted], *map(list, zip(*rows, strict=True))
    )


async def keep_anyway() -> None:
    """The running command leaves its audit entry although it changes nothing else."""
    await database.execute("SELECT pg_current_xact_id()")


async def move(connection: Any, limit: int) -> int:
    """Chain up to `limit` committed entries into their trails, on the sequencer's connection.

    Returns how many. As `event_log.move`: the heads are locked in a statement of its own before
    the one that reads the outbox, and after an error the connection is to be thrown away.
    """
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM audit_outbox)"):
        return 0
    async with connection.transaction(isolation="read_committed"):
        heads = {
            row["trail"]: (row["last_seq"], row["last_hash"])
            for row in await connection.fetch("SELECT * FROM trail_head ORDER BY trail FOR UPDATE")
        }
        rows = await connection.fetch(_TAKE, limit)
        for trail, table in TABLES.items():
            seq, last = heads[trail]
            kept = []
            for row in rows:
                if row["trail"] == trail:
                    entry = Entry(**{name: row[name] for name in _FIELDS})
                    seq, last = seq + 1, entry_hash(trail, seq + 1, entry, last)
                    kept.append((seq, *msgspec.structs.astuple(entry), last))
            if not kept:
                continue
            statement = _KEEP.format(table=table, columns=_COLUMNS, arrays=_ARRAYS)
            await connection.execute(statement, *map(list, zip(*kept, strict=True)))
            await connection.execute(
                "UPDATE trail_head SET last_seq = $2, last_hash = $3 WHERE trail = $1",
                trail, seq, last,
            )  # fmt: skip
        # By list: `outbox_id <= the last` would also take rows that became visible a moment ago.
        await connection.execute(
            "DELETE FROM audit_outbox WHERE outbox_id = ANY($1::bigint[])",
            [row["outbox_id"] for row in rows],
        )
    return len(rows)


async def listing(
    trail: Trail,
    *,
    subject: str | None = None,
    actor_id: UUID | None = None,
    since: datetime | None = None,
    after: int,
    limit: int,
) -> list[TrailRow]:
    """Entries of a trail behind `seq` = `after`, in order, narrowed by what is given."""
    rows = await database.fetch(
        f"""
        SELECT seq, {_COLUMNS}, hash FROM {TABLES[trail]}
        WHERE seq > $1 AND ($2::text IS NULL OR subject = $2)
            AND ($3::uuid IS NULL OR actor_id = $3)
            AND ($4::timestamptz IS NULL OR happened_at >= $4)
        ORDER BY seq LIMIT $5
        """,
        after, subject, actor_id, since, limit,
    )  # fmt: skip
    return [row_of(row) for row in rows]


async def latest(trail: Trail, *, subject: str, before: int, limit: int) -> list[TrailRow]:
    """Entries about a subject with a `seq` below `before` (0: from the end), the last first."""
    rows = await database.fetch(
        f"SELECT seq, {_COLUMNS}, hash FROM {TABLES[trail]}"
        " WHERE subject = $1 AND ($2 = 0 OR seq < $2) ORDER BY seq DESC LIMIT $3",
        subject, before, limit,
    )  # fmt: skip
    return [row_of(row) for row in rows]


async def searched(
    *,
    since: datetime | None,
    until: datetime | None,
    actor_ids: Sequence[UUID] | None,
    subject_ids: Sequence[UUID] | None,
    kind: str | None,
    before: int | None,
    limit: int,
) -> list[TrailRow]:
    """Audit entries with a `seq` below `before`, the last first, narrowed by what is given."""
    rows = await database.fetch(
        f"""
        SELECT seq, {_COLUMNS}, hash FROM audit_entry
        WHERE ($1::bigint IS NULL OR seq < $1)
            AND ($2::timestamptz IS NULL OR happened_at >= $2)
            AND ($3::timestamptz IS NULL OR happened_at < $3)
            AND ($4::uuid[] IS NULL OR actor_id = ANY($4))
            AND ($5::text[] IS NULL OR split_part(subject, '/', 2) = ANY($5))
            AND ($6::text IS NULL OR split_part(subject, '/', 1) = $6)
        ORDER BY seq DESC LIMIT $7
        """,
        before, since, until, actor_ids,
        None if subject_ids is None else [str(one) for one in subject_ids], kind, limit,
    )  # fmt: skip
    return [row_of(row) for row in rows]


def row_of(row: Any) -> TrailRow:
    """The entry of a database row with all columns of its trail."""
    entry = Entry(**{name: row[name] for name in _FIELDS})
    return TrailRow(seq=row["seq"], entry=entry, hash=row["hash"])
