"""My page: the state, what to do next, my hours, my star and how it was earned."""

from uuid import UUID

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency

from volunteer_svc.actions import service_records, stations, volunteers
from volunteer_svc.domain.actor import Self, Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import refuse
from volunteer_svc.domain.service_record import RecordState
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

RECENT = 5
WAITING_MAX = 20
PAGE_LENGTH = 20

link(
    Entry(frame="volunteer", path="/me", word="me.nav_home", icon="home",
          operation="readVolunteer", order=10),
    Entry(frame="volunteer", path="/me/hours", word="me.nav_hours", icon="clock",
          operation="listRecordsOfVolunteer", order=20),
    Entry(frame="volunteer", path="/me/star", word="me.nav_star", icon="star",
          operation="readStars", order=30),
    Entry(frame="volunteer", path="/me/sessions", word="me.nav_account", icon="lock",
          operation="listOwnSessions", order=90),
)  # fmt: skip


class HoursFilter(msgspec.Struct, frozen=True):
    state: RecordState | None = None


def own_id(visit: Visit) -> UUID:
    """Whose pages these are: the volunteer's, or the volunteer's that a staff member is, too."""
    match visit.actor:
        case Self(id=volunteer_id):
            return volunteer_id
        case Staff(volunteer_id=UUID() as volunteer_id):
            return volunteer_id
    raise refuse("volunteer_only", kind="forbidden")


@get("/me", **page("readVolunteer"))
async def my_page(visit: NamedDependency[Visit]) -> Response[bytes]:
    me, call = own_id(visit), visit.call
    view = await volunteers.read_volunteer(call, me)
    stars = await volunteers.read_stars(call, me)
    waiting = await service_records.records_of(
        call, me, state="waiting", after=None, limit=WAITING_MAX
    )
    recent = await service_records.records_of(call, me, state=None, after=None, limit=RECENT)
    station = await stations.read_station(view.station_id)
    today = local_date(call.now)
    due = view.induction_due_on if view.state == "registered" else None
    return visit.page(
        "me/home.html",
        me=view,
        stars=stars,
        waiting=waiting,
        waiting_minutes=sum(one.minutes for one in waiting),
        recent=recent,
        station=station,
        due=due,
        due_days=(due - today).days if due else None,
    )


@get("/me/hours", **page("listRecordsOfVolunteer"))
async def my_hours(visit: NamedDependency[Visit]) -> Response[bytes]:
    shown = visit.query(HoursFilter)
    asked = visit.asked(PAGE_LENGTH)
    rows = await service_records.records_of(
        visit.call, own_id(visit), state=shown.state, after=asked.after_id(), limit=asked.fetch
    )
    return visit.page("me/hours.html", shown=shown, records=asked.page(rows, lambda row: row.id))


@get("/me/star", **page("readStars"))
async def my_star(visit: NamedDependency[Visit]) -> Response[bytes]:
    stars = await volunteers.read_stars(visit.call, own_id(visit))
    return visit.page("me/star.html", stars=stars)


router = Router("/", route_handlers=[my_page, my_hours, my_star])
