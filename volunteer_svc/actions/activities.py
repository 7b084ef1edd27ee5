"""Activities: planned, edited while planned, published, cancelled with notice."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions import notices
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.signups import move_up
from volunteer_svc.domain.activity import (
    CAPACITY_MAX,
    INTERVAL_MAX,
    OCCURRENCES_MAX,
    Activity,
    ActivityForm,
    Repeat,
    occurrences,
    window_faults,
)
from volunteer_svc.domain.calendar import local_instant
from volunteer_svc.domain.errors import Fault, Refusal, not_found, refuse
from volunteer_svc.domain.events import ActivityCancelled, ActivityPublished, Event
from volunteer_svc.domain.registration import ServiceCategory
from volunteer_svc.domain.service_record import DAY_MINUTES, Window
from volunteer_svc.domain.sheet import Instant
from volunteer_svc.domain.text import Code, Long, RequiredReason, Short, Title
from volunteer_svc.identity.permissions import granted, require, require_staff
from volunteer_svc.store.outbox import Raised

_YEARS = range(1980, 2200)
Capacity = Annotated[int, Meta(ge=1, le=CAPACITY_MAX)]
MinimumAge = Annotated[int, Meta(ge=14, le=120)]
Topics = Annotated[list[Code], Meta(max_length=20)]
Leader = Annotated[str, Meta(max_length=64, pattern=r"^[^\u0000]*$")]


class RepeatRule(Repeat, frozen=True, kw_only=True, forbid_unknown_fields=True):
    count: Annotated[int, Meta(ge=2, le=OCCURRENCES_MAX)]
    interval: Annotated[int, Meta(ge=1, le=INTERVAL_MAX)] = 1


class PlanActivity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is planned. `repeat`: as a series of activities, each of its own from then on.

    `required_topics`: codes of training topics (R4). `hazardous`: nobody under 18 (R18).
    """

    station_id: UUID
    kind: ServiceCategory
    form: ActivityForm
    title: Title
    started_at: Instant
    ended_at: Instant
    capacity: Capacity
    place: Short = ""
    leader: Leader = ""
    risk_notice: Long = ""
    required_topics: Topics = []
    minimum_age: MinimumAge | None = None
    hazardous: bool = False
    insurance_reference: Short = ""
    external_ref: Short = ""
    repeat: RepeatRule | None = None


class EditActivity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not given stays."""

    kind: ServiceCategory | None = None
    form: ActivityForm | None = None
    title: Title | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None
    capacity: Capacity | None = None
    place: Short | None = None
    leader: Leader | None = None
    risk_notice: Long | None = None
    required_topics: Topics | None = None
    minimum_age: MinimumAge | None = None
    hazardous: bool | None = None
    insurance_reference: Short | None = None
    external_ref: Short | None = None


class PublishActivity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`following`: with those of the series that follow it."""

    following: bool = False


class CancelActivity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why; it is told to all who signed up. `following`: with those of the series after it."""

    reason: RequiredReason
    following: bool = False


class ChangeCapacity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    capacity: Capacity


class Activities(msgspec.Struct, frozen=True):
    """What was made or changed, in the order of their days."""

    activities: list[Activity]


@command
async def plan_activity(call: Call, request: PlanActivity) -> Activities:
    """Plan one, or a series. Raises `end_not_after_start`, `activity_in_past` …, `forbidden`."""
    require(call.actor, "activity.write", request.station_id)
    staff = require_staff(call.actor, "activity.write")
    window = Window(request.started_at, request.ended_at)
    _check_window(window, call.now)
    windows = occurrences(window, request.repeat)
    for one in windows:
        _check_window(one, call.now)
    topics = await _topics(request.required_topics)
    series_id = ids.uuid7() if request.repeat else None
    planned = [
        Activity(
            id=ids.uuid7(),
            station_id=request.station_id,
            series_id=series_id,
            kind=request.kind,
            form=request.form,
            title=request.title,
            started_at=one.started_at,
            ended_at=one.ended_at,
            place=request.place,
            leader=request.leader,
            capacity=request.capacity,
            risk_notice=request.risk_notice,
            required_topics=topics,
            minimum_age=request.minimum_age,
            hazardous=request.hazardous,
            insurance_reference=request.insurance_reference,
            external_ref=request.external_ref,
            created_by=staff.id,
            created_at=call.now,
        )
        for one in windows
    ]
    if not await store.stations.is_open(request.station_id, planned[-1].held_on):
        raise refuse("station_unknown", "station_id")
    await store.activities.insert(planned)
    call.notes.changed(
        f"activity/{planned[0].id}", station_id=request.station_id, planned=[a.id for a in planned]
    )
    return Activities(planned)


@command
async def edit_activity(
    call: Call, activity_id: UUID, request: EditActivity, revision: int | None
) -> Activity:
    """While it is planned. Raises `activity_not_planned` (409), `changed_meanwhile` (412) …"""
    activity = await _lock(call, activity_id)
    if activity.state != "planned":
        raise refuse("activity_not_planned", kind="conflict")
    if revision is not None and revision != activity.revision:
        raise refuse("changed_meanwhile", kind="stale")
    given = {
        name: value
        for name in request.__struct_fields__
        if (value := getattr(request, name)) is not None
    }
    if request.required_topics is not None:
        given["required_topics"] = await _topics(request.required_topics)
    edited = msgspec.structs.replace(activity, revision=activity.revision + 1, **given)
    _check_window(edited.window, call.now)
    if not await store.stations.is_open(edited.station_id, edited.held_on):
        raise refuse("station_unknown", "station_id")
    await store.activities.save(edited)
    call.notes.changed(None, fields=sorted(given))
    return edited


@command
async def publish_activity(call: Call, activity_id: UUID, request: PublishActivity) -> Activities:
    """From now on people sign up. Raises `activity_not_planned`, `activity_in_past` …"""
    activity = await _lock(call, activity_id)
    if activity.state != "planned":
        raise refuse("activity_not_planned", kind="conflict")
    _check_window(activity.window, call.now)
    published = [
        _changed(one, state="published", published_at=call.now)
        for one in await _with_following(activity, following=request.following)
        if one.state == "planned"
    ]
    await _save(call, published, [_published(one) for one in published])
    return Activities(published)


@command
async def cancel_activity(call: Call, activity_id: UUID, request: CancelActivity) -> Activities:
    """It does not take place; who signed up is told. Raises `activity_cancelled` (409),
    `activity_begun` (409)."""
    staff = require_staff(call.actor, "activity.write")
    activity = await _lock(call, activity_id)
    if activity.state == "cancelled":
        raise refuse("activity_cancelled", kind="conflict")
    if activity.started_at <= call.now:
        raise refuse("activity_begun", kind="conflict")
    cancelled, events, told = [], [], 0
    for one in await _with_following(activity, following=request.following):
        if one.state == "cancelled":
            continue
        signups = await store.signups.standing_of(one.id)
        await store.signups.end(
            [s.id for s in signups], "cancelled", call.now, staff.id, request.reason
        )
        await store.check_ins.void_open(one.id, call.now, "activity_cancelled")
        await notices.tell(call, one, "cancelled", [s.volunteer_id for s in signups])
        told += len(signups)
        events.append(
            ActivityCancelled(
                activity_id=one.id,
                station_id=one.station_id,
                held_on=one.held_on,
                confirmed=one.confirmed,
                waiting=len(signups) - one.confirmed,
            )
        )
        cancelled.append(
            _changed(
                one,
                state="cancelled",
                cancelled_at=call.now,
                cancel_reason=request.reason,
                confirmed=0,
            )
        )
    await _save(call, cancelled, events, told=told)
    return Activities(cancelled)


@command
async def change_capacity(call: Call, activity_id: UUID, request: ChangeCapacity) -> Activity:
    """More places are given to the waiting list at once, in its order.

    Raises `capacity_below_confirmed` (409), `activity_cancelled`, `activity_begun`.
    """
    activity = await _lock(call, activity_id)
    if activity.state == "cancelled":
        raise refuse("activity_cancelled", kind="conflict")
    if activity.started_at <= call.now:
        raise refuse("activity_begun", kind="conflict")
    if request.capacity < activity.confirmed:
        raise refuse(
            "capacity_below_confirmed", "capacity", kind="conflict", confirmed=activity.confirmed
        )
    before = activity.capacity
    activity = _changed(activity, capacity=request.capacity)
    activity = await move_up(call, activity)
    await store.activities.save(activity)
    call.notes.changed(None, {"capacity": before}, {"capacity": activity.capacity})
    call.notes.unchanged = before == activity.capacity
    return activity


@reading
async def read_activity(call: Call, activity_id: UUID) -> Activity:
    """Published ones for everybody signed in; planned ones for the desk. Raises `not_found`."""
    activity = await store.activities.find(activity_id)
    if activity is None or (
        activity.published_at is None and not _at_desk(call, activity.station_id)
    ):
        raise not_found("activity")
    return _shown(call, activity)


@reading
async def activities(
    call: Call,
    *,
    station_id: UUID | None,
    from_on: date | None,
    to_on: date | None,
    after: UUID | None,
    limit: int,
) -> list[Activity]:
    """Of a station, or of all; planned ones only where one is at the desk.

    Raises `date_out_of_range`.
    """
    own = getattr(call.actor, "station_id", None)
    rows = await store.activities.listing(
        station_id=station_id,
        planned_of=own if own is not None and _at_desk(call, own) else None,
        all_planned=granted(call.actor, "activity.write") == "all",
        since=_midnight(from_on, "from_on"),
        until=_midnight(to_on, "to_on", days=1),
        after=after,
        limit=limit,
    )
    return [_shown(call, row) for row in rows]


def _midnight(day: date | None, field: str, days: int = 0) -> datetime | None:
    """When the day begins in Shanghai, or one some days later."""
    if day is None:
        return None
    if day.year not in _YEARS:
        raise refuse("date_out_of_range", field)
    return local_instant(day, days * DAY_MINUTES)


def _at_desk(call: Call, station_id: UUID) -> bool:
    try:
        require(call.actor, "activity.write", station_id)
    except Refusal:
        return False
    return True


def _shown(call: Call, activity: Activity) -> Activity:
    """The reference into another system is the desk's alone."""
    if _at_desk(call, activity.station_id):
        return activity
    return msgspec.structs.replace(activity, external_ref="")


def _check_window(window: Window, now: datetime) -> None:
    faults = tuple(window_faults(window.started_at, window.ended_at, now))
    if faults:
        raise Refusal(*faults)


async def _topics(codes: Sequence[str]) -> tuple[str, ...]:
    """Each once, in the order given. Raises `topic_unknown`."""
    known = await store.trainings.topics(codes) if codes else {}
    unknown = [
        Fault("topic_unknown", f"required_topics[{n}]")
        for n, code in enumerate(codes)
        if code not in known
    ]
    if unknown:
        raise Refusal(*unknown)
    return tuple(dict.fromkeys(codes))


async def _lock(call: Call, activity_id: UUID) -> Activity:
    """Raises `not_found`, `forbidden`."""
    activity = await store.activities.lock(activity_id)
    require(call.actor, "activity.write", activity.station_id if activity else None)
    if activity is None:
        raise not_found("activity")
    return activity


async def _with_following(activity: Activity, *, following: bool) -> list[Activity]:
    if not following or activity.series_id is None:
        return [activity]
    series = await store.activities.lock_series(activity)
    return sorted(series, key=lambda one: one.started_at)


def _changed(activity: Activity, **changes: object) -> Activity:
    return msgspec.structs.replace(activity, revision=activity.revision + 1, **changes)


def _published(activity: Activity) -> Event:
    return ActivityPublished(
        activity_id=activity.id,
        station_id=activity.station_id,
        series_id=activity.series_id,
        kind=activity.kind,
        form=activity.form,
        started_at=activity.started_at,
        ended_at=activity.ended_at,
        capacity=activity.capacity,
    )


async def _save(
    call: Call, changed: list[Activity], events: Sequence[Event], **facts: object
) -> None:
    """Write the activities back, each with its event."""
    raised = []
    for n, (one, event) in enumerate(zip(changed, events, strict=True)):
        changed[n] = one = msgspec.structs.replace(one, version=one.version + 1)  # noqa: PLW2901
        await store.activities.save(one)
        raised.append(
            Raised(
                event=event,
                version=one.version,
                station_id=one.station_id,
                happened_at=call.now,
                trace=call.trace,
            )
        )
    await store.outbox.append(raised)
    call.notes.changed(None, activities=[one.id for one in changed], **facts)
