"""What the events of each station and day add up to."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from volunteer_svc.actions import digests
from volunteer_svc.actions.command import Call
from volunteer_svc.api.documented import documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.domain.digest import Digest

On = Annotated[date | None, QueryParameter(description="a Shanghai day")]
Station = Annotated[UUID | None, QueryParameter(description="its id")]


@get("/", **documented("listDigests", "Counts and sums of each station's events of each day"))
async def list_digests(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    date: On = None,
    station: Station = None,
) -> Page[Digest]:
    rows = await digests.digests(
        call, on=date, station_id=station, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


router = Router("/digests", tags=["events"], route_handlers=[list_digests])
