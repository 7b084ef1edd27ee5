"""Training at the desk: planned, who has a place, the list ticked off and mended, the topics."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import named, positions, training_attendance, trainings, volunteers
from volunteer_svc.actions.inductions import Attendee
from volunteer_svc.actions.training_attendance import StrikeAttendance, TrainingList
from volunteer_svc.actions.trainings import CancelTraining, PlanTraining, SaveTopic
from volunteer_svc.actions.volunteers import Search
from volunteer_svc.domain.calendar import BUSINESS_ZONE
from volunteer_svc.domain.errors import Fault, Refusal, refuse
from volunteer_svc.domain.text import Name
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.pages.inductions import attendees_of, came_of
from volunteer_svc.web.stations import own_station, station_choices
from volunteer_svc.web.topics import topic_names
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 20
LEADERS_MAX = 1_000
HOME = "/staff/trainings"

link(
    Entry(frame="staff", path=HOME, word="trainings.nav", icon="list",
          operation="planTraining", order=52),
)  # fmt: skip


class _Struck(msgspec.Struct, frozen=True):
    volunteer_id: UUID


class _Who(msgspec.Struct, frozen=True):
    member_no: Name


@get(HOME, **page("planTraining"))
async def show_trainings(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _list(visit)


@post(HOME, **page("planTraining"))
async def plan(visit: NamedDependency[Visit]) -> Response[bytes]:
    own = own_station(visit)
    try:
        given: dict[str, Any] = {"station_id": own} if own is not None else {}
        given |= {name: _typed_moment(visit.form, name) for name in ("starts_at", "ends_at")}
        request = visit.form.into(PlanTraining, **given)
        made = await trainings.plan_training.once(visit.once(), visit.call, request)
    except Refusal as refusal:
        return await _list(visit, refusal)
    return visit.done(f"{HOME}/{made.session.id}", "trainings.planned_said")


@get(f"{HOME}/{{training_id:uuid}}", **page("recordTraining"))
async def show_training(
    visit: NamedDependency[Visit], training_id: FromPath[UUID]
) -> Response[bytes]:
    return await _one(visit, training_id)


@post(f"{HOME}/{{training_id:uuid}}", **page("recordTraining"))
async def record(visit: NamedDependency[Visit], training_id: FromPath[UUID]) -> Response[bytes]:
    try:
        came = attendees_of(visit.form)
        told = await training_attendance.record_training.once(
            visit.once(), visit.call, training_id, TrainingList(attendees=came)
        )
    except Refusal as refusal:
        return await _one(visit, training_id, refusal)
    counted, wrong = came_of(came, told.outcomes)
    if wrong:
        return await _one(visit, training_id, counted=counted, wrong=wrong)
    return visit.done(f"{HOME}/{training_id}", "trainings.recorded", n=counted)


@post(f"{HOME}/{{training_id:uuid}}/strike", **page("strikeTraining"))
async def strike(visit: NamedDependency[Visit], training_id: FromPath[UUID]) -> Response[bytes]:
    try:
        who, why = visit.form.into(_Struck), visit.form.into(StrikeAttendance)
        act = training_attendance.strike_training
        await act.once(visit.once(), visit.call, training_id, who.volunteer_id, why)
    except Refusal as refusal:
        return await _one(visit, training_id, refusal, at="strike")
    return visit.done(f"{HOME}/{training_id}", "trainings.struck_said")


@post(f"{HOME}/{{training_id:uuid}}/cancel", **page("cancelTraining"))
async def cancel(visit: NamedDependency[Visit], training_id: FromPath[UUID]) -> Response[bytes]:
    try:
        why = visit.form.into(CancelTraining)
        await trainings.cancel_training.once(visit.once(), visit.call, training_id, why)
    except Refusal as refusal:
        return await _one(visit, training_id, refusal, at="cancel")
    return visit.done(f"{HOME}/{training_id}", "trainings.cancelled_said")


@post(f"{HOME}/{{training_id:uuid}}/sign-up", **page("signUpForTraining"))
async def sign_up(visit: NamedDependency[Visit], training_id: FromPath[UUID]) -> Response[bytes]:
    """Somebody who telephoned, by his member number."""
    try:
        search = Search(member_no=visit.form.into(_Who).member_no)
        found = await volunteers.find_volunteers(visit.call, search, after=None, limit=1)
        if not found:
            raise refuse("volunteer_unknown", "member_no")
        await trainings.sign_up.once(visit.once(), visit.call, training_id, found[0].id)
    except Refusal as refusal:
        return await _one(visit, training_id, refusal, at="sign-up")
    return visit.done(f"{HOME}/{training_id}", "trainings.signed_up_said")


@get([f"{HOME}/{{training_id:uuid}}/{act}" for act in ("strike", "cancel", "sign-up")],
     **page("recordTraining"))  # fmt: skip
async def show_again(visit: NamedDependency[Visit], training_id: FromPath[UUID]) -> Response[bytes]:
    return visit.done(f"{HOME}/{training_id}")


@get("/staff/training-topics", **page("planTraining"))
async def show_topics(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("trainings/topics.html", topics=await trainings.all_topics())


@post("/staff/training-topics", **page("saveTopic"))
async def save_topic(visit: NamedDependency[Visit]) -> Response[bytes]:
    """A code that is there already is changed."""
    try:
        await trainings.save_topic.once(visit.once(), visit.call, visit.form.into(SaveTopic))
    except Refusal as refusal:
        topics = await trainings.all_topics()
        return visit.again("trainings/topics.html", refusal, topics=topics)
    return visit.done("/staff/training-topics", "trainings.topic_saved")


def _typed_moment(form: Form, name: str) -> datetime:
    """What a browser sends of a day and a time, as the clock in Shanghai shows it."""
    text = form.value(name).strip()
    try:
        return datetime.fromisoformat(text).replace(tzinfo=BUSINESS_ZONE)
    except ValueError:
        raise Refusal(Fault("value_malformed" if text else "field_missing", name)) from None


async def _list(visit: Visit, refusal: Refusal | None = None) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    rows = await trainings.newest_trainings(
        visit.call, station_id=None, before=asked.after_id(), limit=asked.fetch
    )
    known = await trainings.all_topics()
    context: dict[str, Any] = {
        "listed": asked.page(rows, lambda one: one.session.id),
        "topics": [one for one in known if one.closed_on is None],
        "names": topic_names(known, visit.language),
        "choices": await station_choices(visit),
        "stations": await named.stations_named(),
        "now": visit.call.now,
    }
    if refusal is not None:
        return visit.again("trainings/list.html", refusal, **context)
    return visit.page("trainings/list.html", **context)


async def _one(
    visit: Visit,
    training_id: UUID,
    refusal: Refusal | None = None,
    *,
    at: str = "",
    counted: int = 0,
    wrong: list[tuple[Attendee, Fault]] | None = None,
) -> Response[bytes]:
    call = visit.call
    came = await training_attendance.attendance_of(call, training_id)
    view = await trainings.read_training(call, training_id)
    wanted = {*view.confirmed, *view.waiting, *(one.volunteer_id for one in came)}
    people = await named.volunteers_named(call, wanted)
    here = {one.volunteer_id for one in came if one.struck_at is None}
    leaders: dict[UUID, str] = {}
    if view.session.by_priority:
        held = await positions.holders(call, station_id=None, after=None, limit=LEADERS_MAX)
        leaders = {one.volunteer_id: one.kind for one in held}
    context: dict[str, Any] = {
        "view": view,
        "people": people,
        "leaders": leaders,
        "came": came,
        "here": here,
        "expected": [one for one in (*view.confirmed, *view.waiting) if one not in here],
        "staff": await named.staff_named(call, {one.struck_by for one in came}),
        "names": topic_names(await trainings.all_topics(), visit.language),
        "stations": await named.stations_named(),
        "now": call.now,
        "at": at,
        "counted": counted,
        "wrong": [
            (one.member_no or (people[one.volunteer_id].name if one.volunteer_id in people else ""),
             visit.sentence(fault))
            for one, fault in wrong or []
        ],
    }  # fmt: skip
    if refusal is not None:
        return visit.again("trainings/one.html", refusal, **context)
    return visit.page("trainings/one.html", **context)


router = Router("/", route_handlers=[
    show_trainings, plan, show_training, record, strike, cancel, sign_up, show_again,
    show_topics, save_topic,
])  # fmt: skip
