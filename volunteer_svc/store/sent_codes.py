"""One-time codes asked for, by the keyed hash of a telephone, and which of them are to be sent.

A row is made for every telephone asked for, known or not; neither number nor code stands in it.
"""

from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import msgspec

from volunteer_svc.domain.sent_code import CODES_PER_DAY, GOOD_MINUTES, PAUSE_SECONDS, TRIES
from volunteer_svc.store.database import execute, fetch, fetch_row

_DAY = timedelta(days=1)


class DueCode(msgspec.Struct, frozen=True):
    """A code to be sent to the telephone behind a hash."""

    id: UUID
    to_hash: bytes


async def request(to_hash: bytes, request_id: UUID, now: datetime) -> None:
    """Take a request up, in place of the last one; nothing when it comes too soon or too often."""
    await execute(
        """
        INSERT INTO sent_code AS c VALUES ($1, $2, $3, $4, $5, 1, $3, $3)
        ON CONFLICT (to_hash) DO UPDATE SET id = $2, requested_at = $3, expires_at = $4,
            tries_left = $5, due_at = $3, spent_at = NULL,
            requests = CASE WHEN c.counted_from <= $6 THEN 1 ELSE c.requests + 1 END,
            counted_from = CASE WHEN c.counted_from <= $6 THEN $3 ELSE c.counted_from END
        WHERE c.requested_at <= $7 AND (c.requests < $8 OR c.counted_from <= $6)
        """,
        to_hash, request_id, now, now + timedelta(minutes=GOOD_MINUTES), TRIES,
        now - _DAY, now - timedelta(seconds=PAUSE_SECONDS), CODES_PER_DAY,
    )  # fmt: skip


async def try_once(to_hash: bytes, now: datetime) -> UUID | None:
    """The request whose code may be tried, a try the fewer; None when there is none (left)."""
    row = await fetch_row(
        "UPDATE sent_code SET tries_left = tries_left - 1"
        " WHERE to_hash = $1 AND tries_left > 0 AND expires_at > $2 AND spent_at IS NULL"
        " RETURNING id",
        to_hash, now,
    )  # fmt: skip
    return cast("UUID", row["id"]) if row else None


async def spend(to_hash: bytes, request_id: UUID, now: datetime) -> bool:
    """Use the code up; False when somebody else did so first."""
    row = await fetch_row(
        "UPDATE sent_code SET spent_at = $3, due_at = NULL"
        " WHERE to_hash = $1 AND id = $2 AND spent_at IS NULL RETURNING id",
        to_hash, request_id, now,
    )  # fmt: skip
    return row is not None


async def claim(now: datetime, *, seconds: int, limit: int) -> list[DueCode]:
    """Codes to send now. Who claims them has so long; then they are due again."""
    rows = await fetch(
        """
        UPDATE sent_code c SET due_at = $2 FROM (
            SELECT to_hash FROM sent_code WHERE due_at <= $1 AND expires_at > $1
            ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
        ) due WHERE c.to_hash = due.to_hash RETURNING c.id, c.to_hash
        """,
        now, now + timedelta(seconds=seconds), limit,
    )  # fmt: skip
    return [DueCode(**row) for row in rows]


async def done(request_id: UUID) -> None:
    """Sent, or there is nobody to send it to."""
    await execute("UPDATE sent_code SET due_at = NULL WHERE id = $1", request_id)


async def forget_before(instant: datetime) -> None:
    """Retention."""
    await execute("DELETE FROM sent_code WHERE requested_at <= $1", instant)
