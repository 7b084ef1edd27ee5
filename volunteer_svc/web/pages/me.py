"""My page: the state, what to do next, my hours, my star and how it was earned."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency

from volunteer_svc.actions import agenda, inductions, notices, service_records, stations, volunteers
from volunteer_svc.actions.volunteer_view import VolunteerView
from volunteer_svc.domain.actor import as_volunteer
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.domain.service_record import RecordState
from volunteer_svc.store.inductions import ComingSession
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

RECENT = 5
NEXT = 2
WAITING_MAX = 20
PAGE_LENGTH = 20

link(
    Entry(frame="volunteer", path="/me", word="me.nav_home", icon="home",
          operation="readVolunteer", order=10),
    Entry(frame="volunteer", path="/me/hours", word="me.nav_hours", icon="clock",
          operation="listRecordsOfVolunteer", order=20),
    Entry(frame="volunteer", path="/me/star", word="me.nav_star", icon="star",
          operation="readStars", order=30),
)  # fmt: skip


class _Which(msgspec.Struct, frozen=True):
    session_id: UUID


class HoursFilter(msgspec.Struct, frozen=True):
    state: RecordState | None = None


def own_id(visit: Visit) -> UUID:
    """Whose pages these are: the volunteer's, or the volunteer's that a staff member is, too."""
    volunteer_id = as_volunteer(visit.actor)
    if volunteer_id is None:
        raise refuse("volunteer_only", kind="forbidden")
    return volunteer_id


@get("/me", **page("readVolunteer"))
async def my_page(visit: NamedDependency[Visit]) -> Response[bytes]:
    me, call = own_id(visit), visit.call
    view = await volunteers.read_volunteer(call, me)
    stars = await volunteers.read_stars(call, me)
    waiting = await service_records.records_of(
        call, me, state="waiting", after=None, limit=WAITING_MAX
    )
    recent = await service_records.records_of(
        call, me, state=None, after=None, limit=RECENT, newest_first=True
    )
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
        coming=await _coming(visit, view),
        stations={station.id: station},
        **await _activities(visit, me),
    )


async def _activities(visit: Visit, me: UUID) -> dict[str, Any]:
    """What he has not read, and what he comes to next; not for an auditor who volunteers."""
    if not visit.may("listSignupsOfVolunteer"):
        return {"unread": 0, "next": []}
    return {
        "unread": await notices.unread(visit.call, me),
        "next": await agenda.own(visit.call, me, past=False, after=None, limit=NEXT),
    }


async def _coming(visit: Visit, view: VolunteerView) -> list[ComingSession]:
    """Only to whom they are of use."""
    if view.state not in ("applied", "registered"):
        return []
    return await inductions.coming_sessions(visit.call, view.id)


@get("/me/inductions", **page("readComingInductions"))
async def my_inductions(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("me/inductions.html", **await _inductions(visit))


@post("/me/inductions", **page("signUpForInduction"))
async def sign_up(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        session_id = visit.form.into(_Which).session_id
        await inductions.sign_up.once(visit.once(), visit.call, own_id(visit), session_id)
    except Refusal as refusal:
        return visit.again("me/inductions.html", refusal, **await _inductions(visit))
    return visit.done("/me/inductions", "me.signed_up_said")


@post("/me/inductions/cancel", **page("cancelInductionSignUp"))
async def cancel_sign_up(visit: NamedDependency[Visit]) -> Response[bytes]:
    await inductions.cancel_sign_up(visit.call, own_id(visit))
    return visit.done("/me/inductions", "me.signed_off_said")


@get("/me/inductions/cancel", **page("readComingInductions"))
async def inductions_again(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.done("/me/inductions")


async def _inductions(visit: Visit) -> dict[str, Any]:
    view = await volunteers.read_volunteer(visit.call, own_id(visit))
    return {
        "me": view,
        "due": view.induction_due_on if view.state == "registered" else None,
        "station": await stations.read_station(view.station_id),
        "coming": await _coming(visit, view),
    }


@get("/me/hours", **page("listRecordsOfVolunteer"))
async def my_hours(visit: NamedDependency[Visit]) -> Response[bytes]:
    shown = visit.query(HoursFilter)
    asked = visit.asked(PAGE_LENGTH)
    rows = await service_records.records_of(
        visit.call,
        own_id(visit),
        state=shown.state,
        after=asked.after_id(),
        limit=asked.fetch,
        newest_first=True,
    )
    return visit.page("me/hours.html", shown=shown, records=asked.page(rows, lambda row: row.id))


@get("/me/star", **page("readStars"))
async def my_star(visit: NamedDependency[Visit]) -> Response[bytes]:
    stars = await volunteers.read_stars(visit.call, own_id(visit))
    return visit.page("me/star.html", stars=stars)


router = Router("/", route_handlers=[
    my_page, my_hours, my_star, my_inductions, sign_up, cancel_sign_up, inductions_again,
])  # fmt: skip
