"""Who held which position from when to when."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc.domain.position import Kind
from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch, fetch_row


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Held from `from_on` to `to_on`, both days included; None: still."""

    id: UUID
    volunteer_id: UUID
    station_id: UUID
    kind: Kind
    group_id: UUID | None
    from_on: date
    to_on: date | None = None
    reason: str
    appointed_by: UUID
    ended_by: UUID | None = None
    end_reason: str | None = None


_ROW = ", ".join(Position.__struct_fields__)


async def insert(position: Position) -> None:
    """Raises database.Violation when the group has a leader."""
    await tables.Position.insert(tables.Position(**msgspec.structs.asdict(position)))


async def find(position_id: UUID) -> Position | None:
    row = await fetch_row(f"SELECT {_ROW} FROM position WHERE id = $1", position_id)
    return Position(**row) if row else None


async def end(position_id: UUID, to_on: date, staff_id: UUID | None, reason: str) -> None:
    await execute(
        "UPDATE position SET to_on = greatest($2, from_on), ended_by = $3, end_reason = $4"
        " WHERE id = $1 AND to_on IS NULL",
        position_id, to_on, staff_id, reason,
    )  # fmt: skip


async def held(volunteer_ids: Collection[UUID]) -> dict[UUID, Position]:
    """The position that each of them holds now; members are left out."""
    rows = await fetch(
        f"SELECT {_ROW} FROM position WHERE volunteer_id = ANY($1) AND to_on IS NULL",
        list(volunteer_ids),
    )
    return {row["volunteer_id"]: Position(**row) for row in rows}


async def of(volunteer_id: UUID) -> list[Position]:
    """The history of a volunteer, oldest first."""
    rows = await fetch(
        f"SELECT {_ROW} FROM position WHERE volunteer_id = $1 ORDER BY id", volunteer_id
    )
    return [Position(**row) for row in rows]


async def listing(*, station_id: UUID | None, after: UUID | None, limit: int) -> list[Position]:
    """Who holds one now, in the order of the appointments."""
    rows = await fetch(
        f"SELECT {_ROW} FROM position WHERE to_on IS NULL AND ($1::uuid IS NULL OR station_id = $1)"
        " AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        station_id, after, limit,
    )  # fmt: skip
    return [Position(**row) for row in rows]
