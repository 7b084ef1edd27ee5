"""Stations: everybody reads them, the county and admins change them."""

from uuid import UUID

from litestar import Response, Router, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from volunteer_svc import store
from volunteer_svc.actions import stations
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.stations import EditStation, NewStation
from volunteer_svc.api.calls import tagged
from volunteer_svc.api.documented import EDITS, WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.store.stations import Station


@post("/", **documented("addStation", "Add a station", *WRITES))
async def add_station(
    data: JSONBody[NewStation], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> Response[Station]:
    station = await stations.add_station.once(once, call, data)
    return tagged(station, station.revision)


@get("/", **documented("listStations", "All stations, in code order", signed_in=False))
async def list_stations(asked: NamedDependency[Asked]) -> Page[Station]:
    rows = await store.stations.listing(after=asked.after_code(), limit=asked.fetch)
    return asked.page(rows, lambda station: station.code)


@get(
    "/{station_id:uuid}",
    **documented("readStation", "One station", 404, etag=True, signed_in=False),
)
async def read_station(station_id: FromPath[UUID]) -> Response[Station]:
    station = await stations.read_station(station_id)
    return tagged(station, station.revision)


@patch("/{station_id:uuid}", **documented("editStation", "Change a station", *EDITS))
async def edit_station(
    station_id: FromPath[UUID],
    data: JSONBody[EditStation],
    call: NamedDependency[Call],
    revision: NamedDependency[int | None],
) -> Response[Station]:
    station = await stations.edit_station(call, station_id, data, revision)
    return tagged(station, station.revision)


router = Router(
    "/stations",
    tags=["stations"],
    route_handlers=[add_station, list_stations, read_station, edit_station],
)
