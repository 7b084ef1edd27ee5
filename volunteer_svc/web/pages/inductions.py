"""Induction sessions: planned, printed as a sheet to sign, and ticked off."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import induction_revocations, inductions, named, volunteers
from volunteer_svc.actions.induction_revocations import RevokeInduction
from volunteer_svc.actions.inductions import Attended, Attendee, PlanSession, RecordAttendance
from volunteer_svc.actions.training_attendance import Trained
from volunteer_svc.actions.volunteer_view import VolunteerView
from volunteer_svc.actions.volunteers import Search
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, Refusal, refuse
from volunteer_svc.domain.text import Long
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.stations import own_station, station_choices
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 25
EXPECTED_MAX = 200
"""People on a tick list; more are added by their numbers."""

link(
    Entry(frame="staff", path="/staff/inductions", word="inductions.nav", icon="calendar",
          operation="listInductionSessions", order=50),
)  # fmt: skip


class Ticked(msgspec.Struct, frozen=True):
    """Who came: ticked, or typed in as member numbers in any layout."""

    came: list[UUID] = []
    numbers: Long = ""


class _Revoked(msgspec.Struct, frozen=True):
    volunteer_id: UUID


@get("/staff/inductions", **page("listInductionSessions"))
async def show_sessions(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _list(visit)


@post("/staff/inductions", **page("planInductionSession"))
async def plan(visit: NamedDependency[Visit]) -> Response[bytes]:
    own = own_station(visit)
    try:
        given = {"station_id": own} if own is not None else {}
        request = visit.form.into(PlanSession, **given)
        session = await inductions.plan_session.once(visit.once(), visit.call, request)
    except Refusal as refusal:
        return await _list(visit, refusal)
    return visit.done(f"/staff/inductions/{session.id}", "inductions.planned")


@get("/staff/inductions/{session_id:uuid}", **page("listInductionSessions"))
async def show_session(
    visit: NamedDependency[Visit], session_id: FromPath[UUID]
) -> Response[bytes]:
    return await _one(visit, session_id)


@post("/staff/inductions/{session_id:uuid}", **page("recordAttendance"))
async def record(visit: NamedDependency[Visit], session_id: FromPath[UUID]) -> Response[bytes]:
    try:
        attendees = attendees_of(visit.form)
        result = await inductions.record_attendance.once(
            visit.once(), visit.call, session_id, RecordAttendance(attendees=attendees)
        )
    except Refusal as refusal:
        return await _one(visit, session_id, refusal)
    counted, wrong = came_of(attendees, result.outcomes)
    if wrong:
        return await _one(visit, session_id, counted=counted, wrong=wrong)
    return visit.done(f"/staff/inductions/{session_id}", "inductions.recorded", n=counted)


@post("/staff/inductions/{session_id:uuid}/revoke", **page("revokeInduction"))
async def revoke(visit: NamedDependency[Visit], session_id: FromPath[UUID]) -> Response[bytes]:
    try:
        who, why = visit.form.into(_Revoked), visit.form.into(RevokeInduction)
        act = induction_revocations.revoke_induction
        await act.once(visit.once(), visit.call, session_id, who.volunteer_id, why)
    except Refusal as refusal:
        return await _one(visit, session_id, refusal, at="revoke")
    return visit.done(f"/staff/inductions/{session_id}", "inductions.revoked_said")


@get("/staff/inductions/{session_id:uuid}/revoke", **page("listInductionSessions"))
async def show_again(visit: NamedDependency[Visit], session_id: FromPath[UUID]) -> Response[bytes]:
    return visit.done(f"/staff/inductions/{session_id}")


@get("/staff/inductions/{session_id:uuid}/print", **page("listInductionSessions"))
async def show_sheet(visit: NamedDependency[Visit], session_id: FromPath[UUID]) -> Response[bytes]:
    """The sheet to sign, with empty lines for those who come unannounced."""
    session, rows = await inductions.attendance_list(visit.call, session_id)
    there = [one.volunteer_id for one in rows if one.revoked_at is None]
    people = await named.volunteers_named(visit.call, there)
    return visit.page(
        "inductions/sheet.html",
        session=session,
        expected=[*people.values(), *await _expected(visit, session.station_id, set(people))],
        stations=await named.stations_named(),
    )


def attendees_of(form: Form) -> list[Attendee]:
    """Raises when nobody is named."""
    ticked = form.into(Ticked)
    for comma in ",，;；、":
        ticked = msgspec.structs.replace(ticked, numbers=ticked.numbers.replace(comma, " "))
    typed = [one[:64] for one in ticked.numbers.split()]
    attendees = [Attendee(volunteer_id=one) for one in ticked.came]
    attendees += [Attendee(member_no=one) for one in typed]
    if not attendees:
        raise refuse("nothing_ticked", "came")
    return attendees[: inductions.ATTENDEES_MAX]


def came_of(
    attendees: Sequence[Attendee], outcomes: Sequence[Attended | Trained]
) -> tuple[int, list[tuple[Attendee, Fault]]]:
    """How many lines of a list counted, and what is wrong with the others."""
    counted = sum(one.outcome == "counted" for one in outcomes)
    lines = zip(attendees, outcomes, strict=True)
    return counted, [(given, fault) for given, one in lines for fault in one.faults]


async def _list(visit: Visit, refusal: Refusal | None = None) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    rows = await inductions.calendar(
        visit.call, station_id=None, after=asked.after_id(), limit=asked.fetch
    )
    context: dict[str, Any] = {
        "listed": asked.page(rows, lambda one: one.session.id),
        "choices": await station_choices(visit),
        "stations": await named.stations_named(),
        "today": local_date(visit.call.now),
    }
    if refusal is not None:
        return visit.again("inductions/list.html", refusal, **context)
    return visit.page("inductions/list.html", **context)


async def _one(
    visit: Visit,
    session_id: UUID,
    refusal: Refusal | None = None,
    *,
    at: str = "",
    counted: int = 0,
    wrong: list[tuple[Attendee, Fault]] | None = None,
) -> Response[bytes]:
    session, rows = await inductions.attendance_list(visit.call, session_id)
    here = await named.volunteers_named(visit.call, [one.volunteer_id for one in rows])
    there = {one.volunteer_id for one in rows if one.revoked_at is None}
    context: dict[str, Any] = {
        "session": session,
        "rows": rows,
        "at": at,
        "came": len(there),
        "staff": await named.staff_named(visit.call, {one.revoked_by for one in rows}),
        "people": here,
        "expected": await _expected(visit, session.station_id, there),
        "counted": counted,
        "wrong": [
            (one.member_no or (here[one.volunteer_id].name if one.volunteer_id in here else ""),
             visit.sentence(fault))
            for one, fault in wrong or []
        ],
        "held": session.held_on <= local_date(visit.call.now),
        "stations": await named.stations_named(),
    }  # fmt: skip
    if refusal is not None:
        return visit.again("inductions/one.html", refusal, **context)
    return visit.page("inductions/one.html", **context)


async def _expected(visit: Visit, station_id: UUID, present: set[UUID]) -> list[VolunteerView]:
    """Who at the station still has to attend: the registered, then those without materials."""
    found: list[VolunteerView] = []
    for state in ("registered", "applied"):
        search = Search(state=state, station_id=station_id)
        left = EXPECTED_MAX - len(found)
        if left > 0:
            found += await volunteers.find_volunteers(visit.call, search, after=None, limit=left)
    return [one for one in found if one.id not in present]


router = Router("/", route_handlers=[
    show_sessions, plan, show_session, record, revoke, show_again, show_sheet,
])  # fmt: skip
