"""Who stands in for whom, who left and why, and who looks after what they left."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.staffing import Colleague, WorkKind
from volunteer_svc.store import bulk, tables
from volunteer_svc.store.database import execute, fetch, fetch_row


class Delegation(msgspec.Struct, frozen=True, kw_only=True):
    """`from_on` and `to_on` are both included; over sooner when `ended_at` is set."""

    id: UUID
    station_id: UUID
    from_staff: UUID
    to_staff: UUID
    from_on: date
    to_on: date
    reason: str
    made_at: datetime
    ended_at: datetime | None = None
    ended_by: UUID | None = None


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    staff_id: UUID
    reason: str
    left_at: datetime
    closed_by: UUID
    handed_to: UUID | None
    closing_id: UUID | None


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """An order; `done_at` None: its day is still to come."""

    id: UUID
    station_id: UUID
    closes_on: date
    reason: str
    ordered_by: UUID
    ordered_at: datetime
    done_at: datetime | None = None


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """Something open that somebody looks after."""

    id: UUID
    kind: WorkKind
    since: datetime


_DELEGATION = ", ".join(Delegation.__struct_fields__)
_CLOSING = ", ".join(Closing.__struct_fields__)
_COLLEAGUE = "SELECT id, role, station_id, closed_at IS NULL AS open FROM staff"

# Who looks after a thing: to whom it was handed last, or else who entered it. A claim was entered
# by nobody: it is the whole station's until it is handed to somebody.
_OPEN_WORK = """
SELECT work.id, work.kind, work.since FROM (
    SELECT id, 'record' AS kind, entered_at AS since, entered_by AS owner FROM service_record
        WHERE state = 'waiting'
            AND (entered_by = $1 OR id IN (SELECT item_id FROM hand_over WHERE to_staff = $1))
    UNION ALL
    SELECT id, 'correction', entered_at, entered_by FROM correction
        WHERE state = 'waiting'
            AND (entered_by = $1 OR id IN (SELECT item_id FROM hand_over WHERE to_staff = $1))
    UNION ALL
    SELECT id, 'claim', received_at, $1 FROM claim
        WHERE resolved_at IS NULL AND station_id = (SELECT station_id FROM staff WHERE id = $1)
    UNION ALL
    SELECT id, 'import', created_at, created_by FROM import_run
        WHERE state IN ('uploaded', 'previewed', 'committing')
            AND (created_by = $1 OR id IN (SELECT item_id FROM hand_over WHERE to_staff = $1))
) AS work
LEFT JOIN LATERAL (
    SELECT to_staff FROM hand_over WHERE item_id = work.id ORDER BY id DESC LIMIT 1
) AS handed ON true
WHERE coalesce(handed.to_staff, work.owner) = $1 AND ($2::uuid IS NULL OR work.id > $2)
ORDER BY work.id LIMIT $3
"""


async def lock(staff_ids: Collection[UUID]) -> dict[UUID, Colleague]:
    """Accounts by id, which nobody closes until the command ends."""
    rows = await fetch(f"{_COLLEAGUE} WHERE id = ANY($1) ORDER BY id FOR UPDATE", list(staff_ids))
    return {row["id"]: Colleague(**row) for row in rows}


async def lock_station(station_id: UUID, made_before: datetime) -> list[Colleague]:
    """The open accounts of a station that were made before that instant."""
    rows = await fetch(
        f"{_COLLEAGUE} WHERE station_id = $1 AND closed_at IS NULL AND created_at <= $2"
        " ORDER BY id FOR UPDATE",
        station_id, made_before,
    )  # fmt: skip
    return [Colleague(**row) for row in rows]


async def delegator(staff_id: UUID, today: date) -> Staff | None:
    """The head in whose stead this account decides today, while both accounts are open."""
    row = await fetch_row(
        """
        SELECT head.id, head.role, head.station_id, head.volunteer_id FROM delegation d
        JOIN staff head ON head.id = d.from_staff AND head.closed_at IS NULL
        JOIN staff delegate ON delegate.id = d.to_staff AND delegate.closed_at IS NULL
        WHERE d.to_staff = $1 AND $2 BETWEEN d.from_on AND d.to_on AND d.ended_at IS NULL
            AND head.role = 'station_head' AND head.station_id = delegate.station_id
        """,
        staff_id, today,
    )  # fmt: skip
    return Staff(**row) if row else None


async def insert_delegation(delegation: Delegation) -> None:
    """Raises database.Violation when one of the two has another on one of these days."""
    await tables.Delegation.insert(tables.Delegation(**msgspec.structs.asdict(delegation)))


async def delegation(delegation_id: UUID) -> Delegation | None:
    row = await fetch_row(f"SELECT {_DELEGATION} FROM delegation WHERE id = $1", delegation_id)
    return Delegation(**row) if row else None


async def end_delegation(delegation_id: UUID, now: datetime, staff_id: UUID) -> None:
    await execute(
        "UPDATE delegation SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL",
        delegation_id, now, staff_id,
    )  # fmt: skip


async def delegations(
    *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Delegation]:
    """In the order they were made, also those that are over."""
    rows = await fetch(
        f"SELECT {_DELEGATION} FROM delegation WHERE ($1::uuid IS NULL OR station_id = $1)"
        " AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        station_id, after, limit,
    )  # fmt: skip
    return [Delegation(**row) for row in rows]


async def open_work(staff_id: UUID, *, after: UUID | None, limit: int | None) -> list[Work]:
    """What this account looks after, in id order. `limit` None: all of it."""
    return [Work(**row) for row in await fetch(_OPEN_WORK, staff_id, after, limit)]


async def sessions(staff_id: UUID, now: datetime) -> int:
    """How many sessions the account has open."""
    rows = await fetch("SELECT FROM session WHERE staff_id = $1 AND expires_at > $2", staff_id, now)
    return len(rows)


async def insert_departure(departure: Departure) -> None:
    await tables.Departure.insert(tables.Departure(**msgspec.structs.asdict(departure)))


async def hand_over(departure_id: UUID, rows: Collection[tuple[UUID, Work]], to: UUID) -> None:
    """`rows`: an id for each piece of work."""
    await bulk.insert(
        "hand_over",
        (
            "id", "departure_id", "kind", "item_id", "to_staff",
        ),
        [(row_id, departure_id, work.kind, work.id, to) for row_id, work in rows],
    )  # fmt: skip


async def departures(staff_id: UUID) -> list[Departure]:
    rows = await fetch(
        f"SELECT {', '.join(Departure.__struct_fields__)} FROM departure WHERE staff_id = $1"
        " ORDER BY id",
        staff_id,
    )
    return [Departure(**row) for row in rows]


async def insert_closing(closing: Closing) -> None:
    """Raises database.Violation when one of the station is still to come."""
    await tables.Closing.insert(tables.Closing(**msgspec.structs.asdict(closing)))


async def due_closings(today: date) -> list[Closing]:
    """Orders whose day has come, locked; those another worker has are left to it."""
    rows = await fetch(
        f"SELECT {_CLOSING} FROM closing WHERE done_at IS NULL AND closes_on <= $1"
        " ORDER BY id FOR UPDATE SKIP LOCKED",
        today,
    )
    return [Closing(**row) for row in rows]


async def close_done(closing_id: UUID, now: datetime) -> None:
    await execute("UPDATE closing SET done_at = $2 WHERE id = $1", closing_id, now)
