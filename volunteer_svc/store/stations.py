"""Stations: few, read often, changed by the county."""

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from volunteer_svc.store import tables
from volunteer_svc.store.database import fetch

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


async def by_code() -> dict[str, Station]:
    """All stations of the deployment by code."""
    return {row["code"]: Station(**row) for row in await tables.Station.select()}


async def listing(*, after: str, limit: int) -> list[Station]:
    """In code order."""
    query = tables.Station.select().where(tables.Station.code > after)
    return [Station(**row) for row in await query.order_by(tables.Station.code).limit(limit)]


async def existing(station_ids: set[UUID]) -> set[UUID]:
    """Which of the ids are stations that are not closed."""
    rows = await fetch(
        "SELECT id FROM station WHERE id = ANY($1) AND closed_on IS NULL", list(station_ids)
    )
    return {row["id"] for row in rows}
