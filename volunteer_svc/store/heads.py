"""Signed heads, and the marks that say where each ledger stood at them; append-only."""

from collections.abc import AsyncIterator
from datetime import datetime
from uuid import UUID

from volunteer_svc.domain.head import SignedHead, TrailAt
from volunteer_svc.domain.trail import Trail
from volunteer_svc.store.database import execute, fetch, fetch_row

_LOCK = 0x68656164  # the letters "head": any number, the same for every signer
_CHUNK = 10_000


async def hold() -> None:
    """Nobody else signs a head until the command ends."""
    await execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


async def last() -> tuple[int, datetime, SignedHead] | None:
    """Number, instant and text of the newest head."""
    row = await fetch_row(
        "SELECT number, signed_at, body, signature, public_key FROM signed_head"
        " ORDER BY number DESC LIMIT 1"
    )
    if row is None:
        return None
    signed = SignedHead(head=row["body"], signature=row["signature"], public_key=row["public_key"])
    return row["number"], row["signed_at"], signed


async def latest(*, before: int, limit: int) -> list[tuple[int, datetime, SignedHead]]:
    """Heads with a number below `before` (0: from the end), the last first."""
    rows = await fetch(
        "SELECT number, signed_at, body, signature, public_key FROM signed_head"
        " WHERE $1 = 0 OR number < $1 ORDER BY number DESC LIMIT $2",
        before, limit,
    )  # fmt: skip
    return [
        (row["number"], row["signed_at"], SignedHead(
            head=row["body"], signature=row["signature"], public_key=row["public_key"]
        ))
        for row in rows
    ]  # fmt: skip


async def mark(number: int) -> None:
    """Mark the ledgers that have moved since the head before."""
    await execute(
        """
        INSERT INTO ledger_mark (head_number, volunteer_id, seq)
        SELECT $1, id, ledger_seq FROM volunteer v WHERE ledger_seq > coalesce(
            (SELECT max(seq) FROM ledger_mark m WHERE m.volunteer_id = v.id), 0)
        """,
        number,
    )


async def marks(number: int) -> AsyncIterator[tuple[UUID, int, bytes]]:
    """Volunteer, number and hash of his last entry, as marked for this head, in id order."""
    after = UUID(int=0)
    while True:
        rows = await fetch(
            """
            SELECT m.volunteer_id, m.seq, e.hash FROM ledger_mark m
            JOIN ledger_entry e ON e.volunteer_id = m.volunteer_id AND e.seq = m.seq
            WHERE m.head_number = $1 AND m.volunteer_id > $2
            ORDER BY m.volunteer_id LIMIT $3
            """,
            number, after, _CHUNK,
        )  # fmt: skip
        for row in rows:
            yield row["volunteer_id"], row["seq"], row["hash"]
        if len(rows) < _CHUNK:
            return
        after = rows[-1]["volunteer_id"]


async def trails() -> dict[Trail, TrailAt]:
    """Where the trails stand."""
    rows = await fetch("SELECT trail, last_seq, last_hash FROM trail_head")
    return {row["trail"]: TrailAt(row["last_seq"], row["last_hash"].hex()) for row in rows}


async def insert(number: int, signed_at: datetime, signed: SignedHead) -> None:
    await execute(
        "INSERT INTO signed_head (number, signed_at, body, signature, public_key)"
        " VALUES ($1, $2, $3, $4, $5)",
        number, signed_at, signed.head, signed.signature, signed.public_key,
    )  # fmt: skip
