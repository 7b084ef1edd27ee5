"""Where the events stand between commit and receiver, forms that are stuck; what was told of a
volunteer, and to whom."""

from datetime import timedelta
from uuid import UUID

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import intake, named, standing, tellings, volunteers
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 25
STUCK_MOST = 50
link(
    Entry(frame="staff", path="/staff/operations", word="webhooks.nav_operations", icon="chart",
          operation="readOperations", order=95),
)  # fmt: skip


@get("/staff/operations", **page("readOperations"))
async def show(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page(
        "webhooks/operations.html",
        now=await standing.read_standing(visit.call),
        stuck=await intake.stuck_ages(visit.call, limit=STUCK_MOST),
        age=lambda since: (visit.call.now - since) // timedelta(hours=1),
    )


@get("/staff/volunteers/{volunteer_id:uuid}/events", **page("listEventsOfVolunteer"))
async def show_told(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    view = await volunteers.read_volunteer(visit.call, volunteer_id)
    rows = await tellings.events_of_volunteer(
        visit.call, volunteer_id, before=asked.before_number(), limit=asked.fetch
    )
    return visit.page(
        "webhooks/told.html", person=view, stations=await named.stations_named(),
        listed=asked.page(rows, lambda one: int(one.sequence)),
    )  # fmt: skip


router = Router("/", route_handlers=[show, show_told])
