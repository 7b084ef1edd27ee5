"""Objections to records and their answers."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.store import tables
from volunteer_svc.store.database import fetch, fetch_row


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """`entered_by` is None when the volunteer wrote it himself."""

    id: UUID
    record_id: UUID
    volunteer_id: UUID
    station_id: UUID
    text_sealed: bytes
    entered_by: UUID | None
    opened_at: datetime
    due_on: date
    due_approximate: bool
    outcome: Literal["corrected", "kept"] | None = None
    reason: str | None = None
    closed_by: UUID | None = None
    closed_at: datetime | None = None


_ROW = ", ".join(Objection.__struct_fields__)


async def insert(objection: Objection) -> None:
    """Raises database.Violation when another one to the record is open."""
    await tables.Objection.insert(tables.Objection(**msgspec.structs.asdict(objection)))


async def find(objection_id: UUID) -> Objection | None:
    row = await fetch_row(f"SELECT {_ROW} FROM objection WHERE id = $1", objection_id)
    return Objection(**row) if row else None


async def close(
    objection_id: UUID, outcome: str, reason: str, staff_id: UUID, now: datetime
) -> bool:
    """Whether this call closed it (somebody else may have)."""
    row = await fetch_row(
        "UPDATE objection SET outcome = $2, reason = $3, closed_by = $4, closed_at = $5"
        " WHERE id = $1 AND closed_at IS NULL RETURNING id",
        objection_id, outcome, reason, staff_id, now,
    )  # fmt: skip
    return row is not None


async def mended(objection: Objection) -> bool:
    """Whether, since it was opened, the record was corrected (or is about to be), or the day got
    another record at that station: the way when the record itself was rejected."""
    rows = await fetch(
        """
        SELECT FROM correction WHERE record_id = $1 AND entered_at >= $2 AND state <> 'rejected'
        UNION ALL
        SELECT FROM service_record r JOIN service_record o ON o.id = $1
            AND (r.volunteer_id, r.station_id, r.served_on)
                = (o.volunteer_id, o.station_id, o.served_on)
        WHERE r.id <> o.id AND r.entered_at >= $2 AND r.state IN ('counted', 'waiting')
            AND o.state IN ('rejected', 'reversed')
        LIMIT 1
        """,
        objection.record_id, objection.opened_at,
    )  # fmt: skip
    return bool(rows)


async def listing(
    *,
    station_id: UUID | None,
    overdue_on: date | None,
    after: UUID | None,
    limit: int,
) -> list[Objection]:
    """Open ones, but of nobody erased, in the order they came, which is that of their due dates;
    `overdue_on`: those whose day has gone by that day."""
    rows = await fetch(
        f"""
        SELECT {_ROW} FROM objection o WHERE closed_at IS NULL
            AND NOT EXISTS (SELECT FROM volunteer v WHERE v.id = o.volunteer_id
                AND v.erased_on IS NOT NULL)
            AND ($1::uuid IS NULL OR station_id = $1) AND ($2::date IS NULL OR due_on < $2)
            AND ($3::uuid IS NULL OR id > $3)
        ORDER BY id LIMIT $4
        """,
        station_id, overdue_on, after, limit,
    )  # fmt: skip
    return [Objection(**row) for row in rows]


async def of(volunteer_id: UUID, *, after: UUID | None, limit: int) -> list[Objection]:
    """All of a volunteer's, answered or not."""
    rows = await fetch(
        f"SELECT {_ROW} FROM objection WHERE volunteer_id = $1 AND ($2::uuid IS NULL OR id > $2)"
        " ORDER BY id LIMIT $3",
        volunteer_id, after, limit,
    )  # fmt: skip
    return [Objection(**row) for row in rows]
