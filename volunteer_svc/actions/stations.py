"""Stations: made and changed by the county or an admin, readable by everybody."""

from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.events import StationChanged
from volunteer_svc.domain.text import Code, Title
from volunteer_svc.identity.permissions import require
from volunteer_svc.store import database
from volunteer_svc.store.outbox import Raised
from volunteer_svc.store.stations import Station, StationKind

STATIONS_MAX = 1_000
"""A county has some thirty."""


class NewStation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: Code
    name: Title
    kind: StationKind
    parent_id: UUID | None = None


class EditStation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not given stays. `closed_on`: from then on nothing new is recorded there."""

    name: Title | None = None
    parent_id: UUID | None = None
    closed_on: date | None = None


@command
async def add_station(call: Call, request: NewStation) -> Station:
    """Raises `station_exists` (409), `station_unknown` (the parent), `forbidden`."""
    require(call.actor, "station.write")
    station = new_station(call, request)
    await _require_parent(request.parent_id)
    try:
        await store.stations.insert(station)
    except database.Violation:
        raise refuse("station_exists", "code", kind="conflict") from None
    await store.outbox.append([changed(call, station)])
    call.notes.changed(f"station/{station.id}", None, station)
    return station


@command
async def edit_station(
    call: Call, station_id: UUID, request: EditStation, revision: int | None
) -> Station:
    """Raises `not_found`, `changed_meanwhile` (412), `station_unknown` (the parent)."""
    require(call.actor, "station.write")
    station = await store.stations.lock(station_id)
    if station is None:
        raise not_found("station")
    if revision is not None and revision != station.revision:
        raise refuse("changed_meanwhile", kind="stale")
    await _require_parent(request.parent_id)
    if request.parent_id and await store.stations.is_above(station_id, request.parent_id):
        raise refuse("station_own_parent", "parent_id")
    given = {
        name: value
        for name in request.__struct_fields__
        if (value := getattr(request, name)) is not None
    }
    before, station = (
        station,
        msgspec.structs.replace(
            station, version=station.version + 1, revision=station.revision + 1, **given
        ),
    )
    await store.stations.save(station)
    call.notes.changed(None, before, station)
    await store.outbox.append([changed(call, station)])
    return station


async def open_stations(on: date) -> list[Station]:
    """Stations that are open that day, in code order: where somebody can register."""
    rows = await store.stations.listing(after="", limit=STATIONS_MAX)
    return [one for one in rows if one.closed_on is None or on < one.closed_on]


async def read_station(station_id: UUID) -> Station:
    station = await store.stations.find(station_id)
    if station is None:
        raise not_found("station")
    return station


async def all_stations() -> list[Station]:
    """Of the deployment, closed ones too, in code order: a county has a few dozen."""
    return await store.stations.listing(after="", limit=STATIONS_MAX)


def new_station(call: Call, request: NewStation) -> Station:
    """A station as it is first written."""
    return Station(
        id=ids.uuid7(),
        code=request.code,
        name=request.name,
        kind=request.kind,
        parent_id=request.parent_id,
        closed_on=None,
        created_at=call.now,
    )


def changed(call: Call, station: Station) -> Raised:
    """`station.changed` for a station just written."""
    event = StationChanged(
        station_id=station.id,
        code=station.code,
        kind=station.kind,
        parent_id=station.parent_id,
        closed=station.closed_on is not None,
    )
    return Raised(
        event=event,
        version=station.version,
        station_id=station.id,
        happened_at=call.now,
        trace=call.trace,
    )


async def _require_parent(parent_id: UUID | None) -> None:
    if parent_id is not None and not await store.stations.closings([parent_id]):
        raise refuse("station_unknown", "parent_id")
