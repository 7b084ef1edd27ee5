"""What the service told me of my activities, and my calendar to subscribe to."""

from litestar import Response, Router, get, post
from litestar.di import NamedDependency

from volunteer_svc.actions import calendars, named, notices, volunteers
from volunteer_svc.web.addresses import whole_address
from volunteer_svc.web.pages.me import own_id
from volunteer_svc.web.pages.my_activities import HOME, context
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 20


@get("/notices", **page("listNotices"))
async def show_notices(visit: NamedDependency[Visit]) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    rows = await notices.notices(
        visit.call, own_id(visit), after=asked.after_id(), limit=asked.fetch, newest_first=True
    )
    return visit.page(
        "my_activities/notices.html",
        listed=asked.page(rows, lambda row: row.id),
        about=await named.activities_named({row.activity_id for row in rows}),
        **await context(visit),
    )


@post("/notices", **page("readNotices"))
async def read_all(visit: NamedDependency[Visit]) -> Response[bytes]:
    await notices.read_notices.once(visit.once(), visit.call, own_id(visit))
    return visit.done(f"{HOME}/notices")


@get("/calendar", **page("makeCalendar"))
async def show_calendar(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _calendar(visit, None)


@post("/calendar", **page("makeCalendar"))
async def make_calendar(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The secret address stands on this answer only."""
    made = await calendars.make_calendar(visit.call, own_id(visit))
    return await _calendar(visit, made.path)


@post("/calendar/revoke", **page("revokeCalendar"))
async def revoke_calendar(visit: NamedDependency[Visit]) -> Response[bytes]:
    if await calendars.calendar_made(visit.call, own_id(visit)) is not None:
        await calendars.revoke_calendar(visit.call, own_id(visit))
    return visit.done(f"{HOME}/calendar", "my_activities.calendar_revoked")


@get("/calendar/revoke", **page("makeCalendar"))
async def calendar_again(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.done(f"{HOME}/calendar")


async def _calendar(visit: Visit, path: str | None) -> Response[bytes]:
    me = own_id(visit)
    view = await volunteers.read_volunteer(visit.call, me)
    of_station = f"/v1/stations/{view.station_id}/calendar.ics"
    return visit.page(
        "my_activities/calendar.html",
        address=whole_address(visit, path) if path else None,
        since=await calendars.calendar_made(visit.call, me),
        of_station=whole_address(visit, of_station),
        me=view,
        **await context(visit),
    )


router = Router(
    HOME,
    route_handlers=[
        show_notices, read_all, show_calendar, make_calendar, revoke_calendar, calendar_again,
    ],
)  # fmt: skip
