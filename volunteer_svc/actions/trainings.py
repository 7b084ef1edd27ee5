"""Planning training and signing up for it, places by priority where they are scarce (R4, R9)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.actor import Self
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, Refusal, not_found, refuse
from volunteer_svc.domain.text import Code, Name, RequiredReason, Short, Title
from volunteer_svc.domain.training import LEADER, MEMBER, Signup, TopicKind, places, window_fault
from volunteer_svc.identity.permissions import (
    granted,
    require,
    require_staff,
    require_volunteer,
    stations_seen,
)
from volunteer_svc.store import database
from volunteer_svc.store.trainings import Session, Topic

TOPICS_MAX = 10
CAPACITY_MAX = 1_000
Instant = Annotated[datetime, Meta(tz=True)]


class SaveTopic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A topic and how long its training holds; None: for ever. What was completed keeps the
    validity it got. `closed`: not trained any more."""

    code: Code
    name_zh: Name
    name_en: Name
    kind: TopicKind = "skill"
    validity_months: Annotated[int, Meta(ge=1, le=600)] | None = None
    closed: bool = False


class PlanTraining(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`trainer`: the professional invited, and `organiser` who holds it; past ones are typed in
    late."""

    station_id: UUID
    title: Title
    topics: Annotated[list[Code], Meta(min_length=1, max_length=TOPICS_MAX)]
    starts_at: Instant
    ends_at: Instant
    place: Short = ""
    trainer: Short = ""
    organiser: Short = ""
    capacity: Annotated[int, Meta(ge=1, le=CAPACITY_MAX)] | None = None


class CancelTraining(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: RequiredReason


class TrainingView(msgspec.Struct, frozen=True, kw_only=True):
    """A session with its places as they are now. To volunteers only their own sign-up is shown;
    `free`: how many places nobody has."""

    session: Session
    confirmed: list[UUID]
    waiting: list[UUID]
    free: int | None


@command
async def save_topic(call: Call, request: SaveTopic) -> Topic:
    """Add or change a topic of the county. Raises `forbidden`."""
    require(call.actor, "topic.write")
    known = (await store.trainings.topics([request.code])).get(request.code)
    closed_on = (known.closed_on if known else None) or local_date(call.now)
    topic = Topic(
        code=request.code,
        name_zh=request.name_zh,
        name_en=request.name_en,
        kind=request.kind,
        validity_months=request.validity_months,
        closed_on=closed_on if request.closed else None,
    )
    await store.trainings.save_topic(topic)
    call.notes.changed(f"topic/{topic.code}", known, topic)
    call.notes.unchanged = known == topic
    return topic


@command
async def plan_training(call: Call, request: PlanTraining) -> TrainingView:
    """Raises `topic_unknown`, `item_repeated`, `end_not_after_start`, `longer_than_a_day`,
    `date_out_of_range`, `station_unknown`, `forbidden`."""
    require(call.actor, "training.write", request.station_id)
    staff = require_staff(call.actor, "training.write")
    window = window_fault(request.starts_at, request.ends_at)
    if window is not None:
        raise Refusal(window)
    if not await store.stations.is_open(request.station_id, local_date(request.starts_at)):
        raise refuse("station_unknown", "station_id")
    known = await store.trainings.topics(request.topics)
    faults = [
        Fault("item_repeated" if code in known else "topic_unknown", f"topics[{n}]")
        for n, code in enumerate(request.topics)
        if code not in known or known[code].closed_on or code in request.topics[:n]
    ]
    if faults:
        raise Refusal(*faults)
    session = Session(
        id=ids.uuid7(),
        **msgspec.structs.asdict(request),
        by_priority=any(topic.kind == "management" for topic in known.values()),
        state="planned",
        created_by=staff.id,
        created_at=call.now,
    )
    await store.trainings.insert_session(session)
    call.notes.changed(f"training/{session.id}", None, session)
    return await _view(call, session)


@command
async def cancel_training(call: Call, training_id: UUID, request: CancelTraining) -> TrainingView:
    """Raises `training_cancelled` (409), `training_over` (409), `not_found`, `forbidden`."""
    session = await _locked(training_id)
    require(call.actor, "training.write", session.station_id)
    if session.starts_at <= call.now:
        raise refuse("training_over", kind="conflict")
    await store.trainings.cancel_session(training_id, request.reason)
    call.notes.changed(None, {"state": "planned"}, {"state": "cancelled"})
    return await _view(call, await store.trainings.find_session(training_id) or session)


@command
async def sign_up(call: Call, training_id: UUID, volunteer_id: UUID) -> TrainingView:
    """By the volunteer, or by his station's desk for him; also for another station's training.

    Until it starts the places follow from who is signed up: one who withdraws lets the next move
    up. Raises `training_over`, `training_cancelled`, `signed_up_already` (409 each),
    `state_forbids`, `not_found`, `forbidden`.
    """
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    home = volunteer.station_id if volunteer else volunteer_id
    require_volunteer(call.actor, "training.sign_up", volunteer_id, home)
    session = await _locked(training_id)
    if volunteer is None:
        raise not_found("volunteer")
    if session.starts_at <= call.now:
        raise refuse("training_over", kind="conflict")
    state = volunteer.state(local_date(call.now))
    if state not in ("registered", "active"):
        raise refuse("state_forbids", kind="conflict", state=state)
    held = await store.positions.held([volunteer_id])
    try:
        await store.trainings.sign_up(
            ids.uuid7(), training_id, volunteer_id, LEADER if held else MEMBER, call.now
        )
    except database.Violation:
        raise refuse("signed_up_already", kind="conflict") from None
    call.notes.changed(None, volunteer_id=volunteer_id)
    return await _view(call, session)


@command
async def withdraw(call: Call, training_id: UUID, volunteer_id: UUID) -> TrainingView:
    """Raises `not_signed_up`, `training_over` (409), `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "training.sign_up", volunteer_id, home or volunteer_id)
    session = await _locked(training_id)
    if session.starts_at <= call.now:
        raise refuse("training_over", kind="conflict")
    if not await store.trainings.withdraw(training_id, volunteer_id, call.now):
        raise refuse("not_signed_up")
    call.notes.changed(None, volunteer_id=volunteer_id)
    return await _view(call, session)


@reading
async def trainings(
    call: Call, *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[TrainingView]:
    """Everybody signed in may see what is planned, at all stations."""
    if granted(call.actor, "training.read") is None:
        require(call.actor, "training.read")
    rows = await store.trainings.sessions(station_id=station_id, after=after, limit=limit)
    return await _views(call, rows)


@reading
async def read_training(call: Call, training_id: UUID) -> TrainingView:
    """Raises `not_found`, `forbidden`."""
    if granted(call.actor, "training.read") is None:
        require(call.actor, "training.read")
    session = await store.trainings.find_session(training_id)
    if session is None:
        raise not_found("training")
    return await _view(call, session)


@reading
async def newest_trainings(
    call: Call, *, station_id: UUID | None, before: UUID | None, limit: int
) -> list[TrainingView]:
    """Of the desk's station, or of all; the last planned first. Raises `forbidden`."""
    where = stations_seen(call.actor, "training.write", station_id)
    rows = await store.trainings.newest(station_id=where, before=before, limit=limit)
    return await _views(call, rows)


@reading
async def coming_trainings(call: Call, *, limit: int) -> list[TrainingView]:
    """What is still to be held, at all stations, the next first. Raises `forbidden`."""
    if granted(call.actor, "training.read") is None:
        require(call.actor, "training.read")
    return await _views(call, await store.trainings.coming(call.now, limit))


@reading
async def unlisted_trainings(
    call: Call, *, station_id: UUID | None, limit: int
) -> list[TrainingView]:
    """Held, and their lists are still to be typed in. Raises `forbidden`."""
    where = stations_seen(call.actor, "training.write", station_id)
    rows = await store.trainings.unlisted(station_id=where, now=call.now, limit=limit)
    return await _views(call, rows)


async def all_topics() -> list[Topic]:
    """Also those that are trained no more, in code order; nothing of them is secret."""
    return list((await store.trainings.topics()).values())


async def _views(call: Call, rows: list[Session]) -> list[TrainingView]:
    signups = await store.trainings.signups([row.id for row in rows])
    return [_shown(call, row, signups.get(row.id, [])) for row in rows]


async def _locked(training_id: UUID) -> Session:
    """Raises `not_found`, `training_cancelled` (409)."""
    session = await store.trainings.find_session(training_id, lock=True)
    if session is None:
        raise not_found("training")
    if session.state == "cancelled":
        raise refuse("training_cancelled", kind="conflict")
    return session


async def _view(call: Call, session: Session) -> TrainingView:
    return _shown(call, session, (await store.trainings.signups([session.id])).get(session.id, []))


def _shown(call: Call, session: Session, signups: list[Signup]) -> TrainingView:
    taken = places(signups, session.capacity, by_priority=session.by_priority)
    own = call.actor.id if isinstance(call.actor, Self) else None
    free = None if session.capacity is None else session.capacity - len(taken.confirmed)
    return TrainingView(
        session=session,
        confirmed=[one for one in taken.confirmed if own in (None, one)],
        waiting=[one for one in taken.waiting if own in (None, one)],
        free=free,
    )
