"""Complaints about volunteers or by them, with the head's clock."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.complaint import Clock, Contact, Direction, Outcome
from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch, fetch_row


class Complaint(msgspec.Struct, frozen=True, kw_only=True):
    """What was said is sealed with the volunteer's key. `version` numbers its events."""

    id: UUID
    volunteer_id: UUID
    station_id: UUID
    direction: Direction
    text_sealed: bytes
    opened_by: UUID | None
    opened_at: datetime
    due_on: date
    due_approximate: bool
    contact: Contact | None = None
    contacted_on: date | None = None
    contacted_by: UUID | None = None
    contact_sealed: bytes | None = None
    outcome: Outcome | None = None
    outcome_sealed: bytes | None = None
    closed_by: UUID | None = None
    closed_at: datetime | None = None
    version: int = 1

    @property
    def clock(self) -> Clock:
        return Clock(self.due_on, self.contacted_on, self.closed_at is not None)


_ROW = ", ".join(Complaint.__struct_fields__)


async def insert(complaint: Complaint) -> None:
    await tables.Complaint.insert(tables.Complaint(**msgspec.structs.asdict(complaint)))


async def find(complaint_id: UUID) -> Complaint | None:
    row = await fetch_row(f"SELECT {_ROW} FROM complaint WHERE id = $1", complaint_id)
    return Complaint(**row) if row else None


async def lock(complaint_id: UUID) -> Complaint | None:
    row = await fetch_row(
        f"SELECT {_ROW} FROM complaint WHERE id = $1 FOR NO KEY UPDATE", complaint_id
    )
    return Complaint(**row) if row else None


async def save(complaint: Complaint) -> None:
    """Contact, outcome and version of a locked complaint."""
    await execute(
        "UPDATE complaint SET contact = $2, contacted_on = $3, contacted_by = $4,"
        " contact_sealed = $5, outcome = $6, outcome_sealed = $7, closed_by = $8, closed_at = $9,"
        " version = $10 WHERE id = $1",
        complaint.id, complaint.contact, complaint.contacted_on, complaint.contacted_by,
        complaint.contact_sealed, complaint.outcome, complaint.outcome_sealed,
        complaint.closed_by, complaint.closed_at, complaint.version,
    )  # fmt: skip


async def listing(
    *, station_id: UUID | None, overdue_on: date | None, after: UUID | None, limit: int
) -> list[Complaint]:
    """Open ones, but of nobody erased, in the order they came; `overdue_on`: whoever complained
    was not heard in time, as seen that day."""
    rows = await fetch(
        f"""
        SELECT {_ROW} FROM complaint o WHERE closed_at IS NULL
            AND NOT EXISTS (SELECT FROM volunteer v WHERE v.id = o.volunteer_id
                AND v.erased_on IS NOT NULL)
            AND ($1::uuid IS NULL OR station_id = $1)
            AND ($2::date IS NULL OR (contacted_on IS NULL AND due_on < $2)
                OR contacted_on > due_on)
            AND ($3::uuid IS NULL OR id > $3)
        ORDER BY id LIMIT $4
        """,
        station_id, overdue_on, after, limit,
    )  # fmt: skip
    return [Complaint(**row) for row in rows]


async def by_volunteer(volunteer_id: UUID, *, after: UUID | None, limit: int) -> list[Complaint]:
    """Those that he made himself; what others say about him is not his to read."""
    rows = await fetch(
        f"SELECT {_ROW} FROM complaint WHERE volunteer_id = $1 AND direction = 'by'"
        " AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        volunteer_id, after, limit,
    )  # fmt: skip
    return [Complaint(**row) for row in rows]


async def closed(*, station_id: UUID | None, before: UUID | None, limit: int) -> list[Complaint]:
    """Those with an outcome, the last made first."""
    rows = await fetch(
        f"SELECT {_ROW} FROM complaint WHERE closed_at IS NOT NULL"
        " AND ($1::uuid IS NULL OR station_id = $1) AND ($2::uuid IS NULL OR id < $2)"
        " ORDER BY id DESC LIMIT $3",
        station_id, before, limit,
    )  # fmt: skip
    return [Complaint(**row) for row in rows]


async def of(volunteer_id: UUID) -> list[Complaint]:
    """By him and about him, the last made first."""
    rows = await fetch(
        f"SELECT {_ROW} FROM complaint WHERE volunteer_id = $1 ORDER BY id DESC", volunteer_id
    )
    return [Complaint(**row) for row in rows]
