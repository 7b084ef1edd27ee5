"""The figures of a station or of the county."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from volunteer_svc.actions import dashboard
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.dashboard import Dashboard
from volunteer_svc.api.documented import documented

Year = Annotated[int | None, QueryParameter(ge=1980, le=2199, description="this year unless said")]


@get("/", **documented("readDashboard", "Figures of a year: sums and counts, no person", 404))
async def read_dashboard(
    call: NamedDependency[Call], station_id: FromQuery[UUID | None] = None, year: Year = None
) -> Dashboard:
    return await dashboard.read_dashboard(call, station_id, year)


router = Router("/dashboard", tags=["dashboard"], route_handlers=[read_dashboard])
