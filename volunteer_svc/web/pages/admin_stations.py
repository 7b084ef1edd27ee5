"""Stations: added, closed; the accounts of a contractor whose time ends."""

from datetime import date
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import staffing, stations
from volunteer_svc.actions.staffing import CloseStations
from volunteer_svc.actions.stations import EditStation, NewStation
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

_PATH = "/staff/stations"
link(
    Entry(frame="staff", path=_PATH, word="admin.nav_stations", icon="home",
          operation="addStation", order=90),
)  # fmt: skip


class Edited(msgspec.Struct, frozen=True):
    """`revision`: what the page showed; somebody else's change since is not undone."""

    name: str
    revision: int
    closed_on: date | None = None


@get(_PATH, **page("addStation"))
async def show(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("admin/stations.html", stations=await stations.all_stations())


@post(_PATH, **page("addStation"))
async def add(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        await stations.add_station.once(visit.once(), visit.call, visit.form.into(NewStation))
    except Refusal as refusal:
        return visit.again("admin/stations.html", refusal, stations=await stations.all_stations())
    return visit.done(_PATH, "admin.station_added")


@get(f"{_PATH}/{{station_id:uuid}}", **page("editStation"))
async def show_one(visit: NamedDependency[Visit], station_id: FromPath[UUID]) -> Response[bytes]:
    station = await stations.read_station(station_id)
    form = Form.showing(name=station.name, revision=station.revision, closed_on=station.closed_on)
    return visit.page("admin/station.html", station=station, form=form)


@post(f"{_PATH}/{{station_id:uuid}}", **page("editStation"))
async def edit(visit: NamedDependency[Visit], station_id: FromPath[UUID]) -> Response[bytes]:
    try:
        typed = visit.form.into(Edited)
        request = visit.form.into(EditStation, parent_id=None)
        await stations.edit_station.once(
            visit.once(), visit.call, station_id, request, typed.revision
        )
    except Refusal as refusal:
        station = await stations.read_station(station_id)
        return visit.again("admin/station.html", refusal, station=station)
    return visit.done(_PATH, "admin.station_changed")


@get(f"{_PATH}/contractor", **page("closeStations"))
async def show_contractor(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("admin/contractor.html", stations=await stations.all_stations())


@post(f"{_PATH}/contractor", **page("closeStations"))
async def close_contractor(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        request = visit.form.into(CloseStations)
        done = await staffing.close_stations.once(visit.once(), visit.call, request)
    except Refusal as refusal:
        return visit.again("admin/contractor.html", refusal, stations=await stations.all_stations())
    closed = sum(len(one.closed) for one in done.stations)
    return visit.done(f"{_PATH}/contractor", "admin.contractor_done", n=closed)


router = Router("/", route_handlers=[show, add, show_one, edit, show_contractor, close_contractor])
