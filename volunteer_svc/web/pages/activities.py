"""Activities at the desk: the month, one of them, who comes; published, cancelled, enlarged."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import activities, named, signups, volunteers
from volunteer_svc.actions.activities import CancelActivity, ChangeCapacity, PublishActivity
from volunteer_svc.actions.signups import SignUp, Withdraw
from volunteer_svc.actions.volunteers import Search
from volunteer_svc.domain.calendar import add_months, local_date
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.domain.member_number import normalise_member_number
from volunteer_svc.domain.text import Name
from volunteer_svc.web.months import Month, month_of, weeks
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.stations import own_station, station_choices
from volunteer_svc.web.visit import Visit, page

HOME = "/staff/activities"
MONTH_MAX = 500
"""Activities shown of a month; the county chooses a station when there are more."""
SIGNUPS_LENGTH = 100

link(
    Entry(frame="staff", path=HOME, word="activities.nav", icon="calendar",
          operation="planActivity", order=45),
)  # fmt: skip


class Filter(msgspec.Struct, frozen=True):
    """`month` as 2026-11; `how`: a calendar, or the plain list."""

    month: str | None = None
    station_id: UUID | None = None
    how: str | None = None


class _Number(msgspec.Struct, frozen=True):
    member_no: Name


@get(HOME, **page("listSignups"))
async def show_month(visit: NamedDependency[Visit]) -> Response[bytes]:
    shown = visit.query(Filter)
    today = local_date(visit.call.now)
    month = month_of(shown.month, today)
    station_id = own_station(visit) or shown.station_id
    rows = await activities.activities(
        visit.call, station_id=station_id, from_on=month.first, to_on=month.last, after=None,
        limit=MONTH_MAX,
    )  # fmt: skip
    rows.sort(key=lambda one: (one.started_at, one.id))
    by_day: dict[date, list[Any]] = {}
    for one in rows:
        by_day.setdefault(one.held_on, []).append(one)
    return visit.page(
        "activities/month.html",
        shown=shown,
        month=month,
        before=Month(add_months(month.first, -1)),
        behind=Month(add_months(month.first, 1)),
        weeks=weeks(month),
        by_day=by_day,
        cut=len(rows) == MONTH_MAX,
        today=today,
        choices=await station_choices(visit),
        stations=await named.stations_named(),
    )


@get(f"{HOME}/{{activity_id:uuid}}", **page("listSignups"))
async def show_one(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    return visit.page("activities/one.html", at=None, **await _one(visit, activity_id))


@post(f"{HOME}/{{activity_id:uuid}}/publish", **page("publishActivity"))
async def publish(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(PublishActivity)
        made = await activities.publish_activity.once(
            visit.once(), visit.call, activity_id, request
        )
    except Refusal as refusal:
        return await _again(visit, activity_id, "publish", refusal)
    return visit.done(f"{HOME}/{activity_id}", "activities.published_said", n=len(made.activities))


@post(f"{HOME}/{{activity_id:uuid}}/cancel", **page("cancelActivity"))
async def cancel(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(CancelActivity)
        made = await activities.cancel_activity.once(visit.once(), visit.call, activity_id, request)
    except Refusal as refusal:
        return await _again(visit, activity_id, "cancel", refusal)
    return visit.done(f"{HOME}/{activity_id}", "activities.cancelled_said", n=len(made.activities))


@post(f"{HOME}/{{activity_id:uuid}}/capacity", **page("changeCapacity"))
async def capacity(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(ChangeCapacity)
        await activities.change_capacity.once(visit.once(), visit.call, activity_id, request)
    except Refusal as refusal:
        return await _again(visit, activity_id, "capacity", refusal)
    return visit.done(f"{HOME}/{activity_id}", "activities.capacity_said")


@post(f"{HOME}/{{activity_id:uuid}}/sign-ups", **page("signUp"))
async def sign_up(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    """Somebody at the desk or on the telephone, by his member number."""
    try:
        request = SignUp(volunteer_id=await _numbered(visit))
        made = await signups.sign_up.once(visit.once(), visit.call, activity_id, request)
    except Refusal as refusal:
        at_field = [msgspec.structs.replace(one, field="member_no") for one in refusal.faults]
        return await _again(visit, activity_id, "sign-ups", Refusal(*at_field, kind=refusal.kind))
    return visit.done(f"{HOME}/{activity_id}", f"activities.signed_up_{made.state}")


@post(f"{HOME}/{{activity_id:uuid}}/sign-ups/{{volunteer_id:uuid}}", **page("withdrawSignup"))
async def withdraw(
    visit: NamedDependency[Visit], activity_id: FromPath[UUID], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    try:
        request = visit.form.into(Withdraw)
        await signups.withdraw.once(visit.once(), visit.call, activity_id, volunteer_id, request)
    except Refusal as refusal:
        return await _again(visit, activity_id, "withdraw", refusal)
    return visit.done(f"{HOME}/{activity_id}", "activities.withdrawn_said")


@get(
    [
        *(f"{HOME}/{{activity_id:uuid}}/{form}"
          for form in ("publish", "cancel", "capacity", "sign-ups")),
        f"{HOME}/{{activity_id:uuid}}/sign-ups/{{_volunteer_id:uuid}}",
    ],
    **page("listSignups"),
)  # fmt: skip
async def one_again(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    return visit.done(f"{HOME}/{activity_id}")


async def _numbered(visit: Visit) -> UUID:
    """Whose number was typed. Raises `volunteer_unknown`."""
    typed = visit.form.into(_Number).member_no
    if normalise_member_number(typed) is None:
        raise refuse("volunteer_unknown", "member_no")
    search = Search(member_no=typed)
    found = await volunteers.find_volunteers(visit.call, search, after=None, limit=1)
    if not found:
        raise refuse("volunteer_unknown", "member_no")
    return found[0].id


async def _again(visit: Visit, activity_id: UUID, at: str, refusal: Refusal) -> Response[bytes]:
    return visit.again("activities/one.html", refusal, at=at, **await _one(visit, activity_id))


async def _one(visit: Visit, activity_id: UUID) -> dict[str, Any]:
    asked = visit.asked(SIGNUPS_LENGTH)
    activity = await activities.read_activity(visit.call, activity_id)
    rows = await signups.signups_for(
        visit.call, activity_id, after=asked.after_id(), limit=asked.fetch
    )
    listed = asked.page(rows, lambda one: one.id)
    topics = await named.topics_named(visit.language)
    return {
        "activity": activity,
        "listed": listed,
        "people": await named.volunteers_named(visit.call, [s.volunteer_id for s in listed.items]),
        "topics": [topics.get(code, code) for code in activity.required_topics],
        "stations": await named.stations_named(),
        "began": activity.started_at <= visit.call.now,
    }


router = Router(
    "/",
    route_handlers=[
        show_month, show_one, publish, cancel, capacity, sign_up, withdraw, one_again,
    ],
)  # fmt: skip
