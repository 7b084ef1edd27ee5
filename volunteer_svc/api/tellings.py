"""What others were told of a volunteer."""

from uuid import UUID

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import tellings
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.tellings import EventOfVolunteer
from volunteer_svc.api.documented import documented
from volunteer_svc.api.pages import Asked, Page


@get(
    "/volunteers/{volunteer_id:uuid}/events",
    **documented("listEventsOfVolunteer", "The events of a volunteer and who took them", 404),
)
async def list_events_of_volunteer(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[EventOfVolunteer]:
    rows = await tellings.events_of_volunteer(
        call, volunteer_id, before=asked.before_number(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: int(row.sequence))


router = Router("/", tags=["events"], route_handlers=[list_events_of_volunteer])
