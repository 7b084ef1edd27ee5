"""Stations: few, read often, changed by the county."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch, fetch_row

StationKind = Literal["head", "station", "point"]


class Station(msgspec.Struct, frozen=True, kw_only=True):
    """`version` numbers its events, `revision` its edits (ETag)."""

    id: UUID
    code: str
    name: str
    kind: StationKind
    parent_id: UUID | None
    closed_on: date | None
    created_at: datetime
    version: int = 1
    revision: int = 1


async def insert(station: Station) -> None:
    """Raises database.Violation when the code is taken."""
    await tables.Station.insert(tables.Station(**msgspec.structs.asdict(station)))


async def save(station: Station) -> None:
    values: dict[Any, Any] = msgspec.structs.asdict(station)
    await tables.Station.update(values).where(tables.Station.id == station.id)


async def lock(station_id: UUID) -> Station | None:
    rows = await (
        tables.Station.select().where(tables.Station.id == station_id).lock_rows("NO KEY UPDATE")
    )
    return Station(**rows[0]) if rows else None


async def find(station_id: UUID) -> Station | None:
    row = await tables.Station.select().where(tables.Station.id == station_id).first()
    return Station(**row) if row else None


async def hold() -> None:
    """Until the transaction ends nobody else adds or changes a station; reading goes on."""
    await execute("LOCK TABLE station IN SHARE ROW EXCLUSIVE MODE")


async def by_code() -> dict[str, Station]:
    """All stations of the deployment by code."""
    return {row["code"]: Station(**row) for row in await tables.Station.select()}


async def listing(*, after: str, limit: int) -> list[Station]:
    """In code order."""
    query = tables.Station.select().where(tables.Station.code > after)
    return [Station(**row) for row in await query.order_by(tables.Station.code).limit(limit)]


async def closings(station_ids: Collection[UUID]) -> dict[UUID, date | None]:
    """The first day each station is closed; None: open. Unknown ids are left out."""
    rows = await fetch("SELECT id, closed_on FROM station WHERE id = ANY($1)", list(station_ids))
    return dict(rows)


async def codes(station_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await fetch("SELECT id, code FROM station WHERE id = ANY($1)", list(station_ids))
    return {row["id"]: row["code"] for row in rows}


async def is_open(station_id: UUID, on: date) -> bool:
    """Whether there is such a station, not closed that day."""
    known = await closings([station_id])
    closed_on = known.get(station_id)
    return station_id in known and (closed_on is None or on < closed_on)


async def is_above(station_id: UUID, other_id: UUID) -> bool:
    """Whether a station is the other one or stands above it."""
    row = await fetch_row(
        "WITH RECURSIVE up AS (SELECT id, parent_id FROM station WHERE id = $2"
        " UNION SELECT s.id, s.parent_id FROM station s JOIN up ON s.id = up.parent_id)"
        " SELECT FROM up WHERE id = $1",
        station_id,
        other_id,
    )
    return row is not None
