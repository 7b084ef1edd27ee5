"""Checking in and out by the code of the site or a staff tap: `timed` records come of it (R4)."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.candidates import candidates
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.recording import Batch, Outcome, record_batches
from volunteer_svc.domain.activity import Activity, gate_faults
from volunteer_svc.domain.actor import Self, Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.check_in import (
    CheckInState,
    Direction,
    check_in_fault,
    check_out_fault,
    forgotten,
    served,
    site_fault,
    valid_until,
)
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.one_time_code import STEP_SECONDS, step_of
from volunteer_svc.domain.service_record import DAY_MINUTES, Entry, Level, Window
from volunteer_svc.identity import site_codes
from volunteer_svc.identity.permissions import require, require_volunteer
from volunteer_svc.store import database
from volunteer_svc.store.check_ins import CheckIn

BATCH = 200
FORGOTTEN = "未签退 · no check-out"
"""Why a record is late that the sweep made late."""


class SiteCode(msgspec.Struct, frozen=True, kw_only=True):
    """Shown at the site; the next one comes after `step_seconds`."""

    activity_id: UUID
    code: str
    valid_until: datetime
    step_seconds: int = STEP_SECONDS


class CheckInRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is there: the volunteer himself with the `code` shown at the site; staff tap, without."""

    volunteer_id: UUID
    code: Annotated[str, Meta(max_length=16)] | None = None


class CheckOutRequest(CheckInRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`break_minutes` are no service."""

    break_minutes: Annotated[int, Meta(ge=0, le=DAY_MINUTES)] = 0


class CheckInView(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    activity_id: UUID
    volunteer_id: UUID
    state: CheckInState
    in_at: datetime
    out_at: datetime | None
    record_id: UUID | None
    fault: str | None


class CheckedOut(msgspec.Struct, frozen=True, kw_only=True):
    """The record that came of it: counted at once, or waiting (`why`, `level`)."""

    check_in: CheckInView
    outcome: Literal["counted", "waiting"]
    minutes: int
    why: str | None
    level: Level | None


@reading
async def site_code(call: Call, activity_id: UUID) -> SiteCode:
    """For the screen at the site. Raises `not_found`, `forbidden`, `check_in_closed` …"""
    activity = await store.activities.find(activity_id)
    require(call.actor, "record.write", activity.station_id if activity else activity_id)
    if activity is None:
        raise not_found("activity")
    fault = site_fault(activity, call.now, await _tolerance(call))
    if fault is not None:
        raise Refusal(fault, kind="conflict")
    step = step_of(call.now)
    return SiteCode(
        activity_id=activity_id,
        code=site_codes.code_at(activity_id, step),
        valid_until=valid_until(step, call.now),
    )


@command
async def check_in(call: Call, activity_id: UUID, request: CheckInRequest) -> CheckInView:
    """Who has a place and is there, by his own code or a staff tap.

    Raises `code_wrong`, `code_used` (409), `check_in_closed` (409), `no_place`,
    `already_checked_in` (409), `own_hours`, every gate's fault, `not_found`, `forbidden`.
    """
    activity = await _activity(call, activity_id, request)
    fault = check_in_fault(activity, call.now, await _tolerance(call))
    if fault is not None:
        raise Refusal(fault, kind="conflict")
    await _use_code(call, activity_id, request, "in")
    signup = await store.signups.standing(activity_id, request.volunteer_id)
    if signup is None or signup.state != "confirmed":
        raise refuse("no_place", "volunteer_id")
    candidate = (await candidates(activity, [request.volunteer_id])).get(request.volunteer_id)
    if candidate is None:
        raise refuse("volunteer_unknown", "volunteer_id")
    faults = gate_faults(activity, candidate, local_date(call.now))
    if faults:
        raise Refusal(*faults)
    there = CheckIn(
        id=ids.uuid7(),
        activity_id=activity_id,
        volunteer_id=request.volunteer_id,
        state="open",
        in_at=call.now,
        in_by=_staff_id(call),
    )
    try:
        await store.check_ins.insert(there)
    except database.Violation:
        raise refuse("already_checked_in", kind="conflict") from None
    call.notes.changed(f"activity/{activity_id}", volunteer_id=there.volunteer_id)
    return view(there)


@command
async def check_out(call: Call, activity_id: UUID, request: CheckOutRequest) -> CheckedOut:
    """The time between is recorded as `timed`, through the path of all hours.

    Raises `code_wrong`, `code_used` (409), `not_checked_in` (409), `check_out_over` (409),
    `check_out_too_soon`, `own_hours`, what recording refuses, `not_found`, `forbidden`.
    """
    activity = await _activity(call, activity_id, request)
    there = await store.check_ins.lock_open(activity_id, request.volunteer_id)
    if there is None:
        raise refuse("not_checked_in", kind="conflict")
    fault = check_out_fault(activity, call.now, await _tolerance(call))
    if fault is not None:
        raise Refusal(fault, kind="conflict")
    await _use_code(call, activity_id, request, "out")
    window = served(there.in_at, call.now)
    if window is None:
        raise refuse("check_out_too_soon")
    minutes = int((window.ended_at - window.started_at).total_seconds()) // 60
    if request.break_minutes >= minutes:
        raise refuse("break_too_long", "break_minutes")
    outcome = await _record(call, activity, there, window, request.break_minutes)
    if outcome.record_id is None or outcome.minutes is None:
        raise Refusal(*outcome.faults)
    closed = msgspec.structs.replace(
        there,
        state="closed",
        out_at=call.now,
        out_by=_staff_id(call),
        record_id=outcome.record_id,
    )
    await store.check_ins.finish(closed)
    call.notes.changed(
        f"activity/{activity_id}", volunteer_id=there.volunteer_id, minutes=outcome.minutes
    )
    return CheckedOut(
        check_in=view(closed),
        outcome="waiting" if outcome.outcome == "waiting" else "counted",
        minutes=outcome.minutes,
        why=outcome.why,
        level=outcome.level,
    )


@command
async def close_forgotten(call: Call) -> int:
    """Who never checked out gets a provisional end, that of the activity; its record waits for
    staff. How many; at most a batch."""
    before = call.now - timedelta(minutes=await _tolerance(call))
    open_ones = await store.check_ins.lock_forgotten(before, BATCH)
    activities = await store.activities.load({one.activity_id for one in open_ones})
    for there in open_ones:
        activity = activities[there.activity_id]
        window = forgotten(activity, there.in_at)
        outcome = None
        if window is not None:
            outcome = await _record(call, activity, there, window, provisional=True)
        fault = None
        if outcome is None or outcome.record_id is None:
            fault = outcome.faults[0].code if outcome else "check_out_too_soon"
        ended = msgspec.structs.replace(
            there,
            state="void" if fault else "forgotten",
            out_at=max(activity.ended_at, there.in_at),
            record_id=outcome.record_id if outcome else None,
            fault=fault,
        )
        await store.check_ins.finish(ended)
    call.notes.changed(None, check_ins=[one.id for one in open_ones])
    call.notes.unchanged = not open_ones
    return len(open_ones)


@reading
async def check_ins(
    call: Call, activity_id: UUID, *, after: UUID | None, limit: int
) -> list[CheckInView]:
    """Who is and was there, for the desk of the station. Raises `not_found`, `forbidden`."""
    activity = await store.activities.find(activity_id)
    require(call.actor, "record.write", activity.station_id if activity else activity_id)
    if activity is None:
        raise not_found("activity")
    rows = await store.check_ins.listing(activity_id, after=after, limit=limit)
    return [view(row) for row in rows]


@reading
async def read_check_in(call: Call, activity_id: UUID, volunteer_id: UUID) -> CheckInView:
    """The latest of a volunteer at an activity. Raises `not_found`, `forbidden`."""
    activity = await store.activities.find(activity_id)
    where = activity.station_id if activity else activity_id
    require_volunteer(call.actor, "record.write", volunteer_id, where)
    found = await store.check_ins.latest(activity_id, volunteer_id)
    if found is None:
        raise not_found("check_in")
    return view(found)


def view(row: CheckIn) -> CheckInView:
    return CheckInView(**{name: getattr(row, name) for name in CheckInView.__struct_fields__})


async def _activity(call: Call, activity_id: UUID, request: CheckInRequest) -> Activity:
    """Raises `not_found`, `forbidden`, `own_hours`: nobody taps himself in as staff."""
    activity = await store.activities.find(activity_id)
    where = activity.station_id if activity else activity_id
    require_volunteer(call.actor, "record.write", request.volunteer_id, where)
    if activity is None or (activity.published_at is None and isinstance(call.actor, Self)):
        raise not_found("activity")
    if isinstance(call.actor, Staff) and call.actor.volunteer_id == request.volunteer_id:
        raise refuse("own_hours", "volunteer_id")
    return activity


async def _use_code(
    call: Call, activity_id: UUID, request: CheckInRequest, direction: Direction
) -> None:
    """A volunteer shows by the code that he is there, once with each; staff see him."""
    if isinstance(call.actor, Staff):
        return
    step = site_codes.step_of_code(activity_id, request.code or "", call.now)
    if step is None:
        raise refuse("code_wrong", "code")
    if not await store.check_ins.use_code(activity_id, request.volunteer_id, direction, step):
        raise refuse("code_used", "code", kind="conflict")


async def _record(
    call: Call,
    activity: Activity,
    there: CheckIn,
    window: Window,
    break_minutes: int = 0,
    *,
    provisional: bool = False,
) -> Outcome:
    minutes = int((window.ended_at - window.started_at).total_seconds()) // 60 - break_minutes
    entry = Entry(
        volunteer_id=there.volunteer_id,
        station_id=activity.station_id,
        served_on=local_date(window.started_at),
        minutes=minutes,
        evidence="timed",
        window=window,
        break_minutes=break_minutes,
        title=activity.title,
        kind=activity.kind,
        place=activity.place,
        leader=activity.leader,
        external_ref=activity.external_ref,
        late_reason=FORGOTTEN if provisional else "",
        activity_id=activity.id,
        provisional=provisional,
    )
    ((outcome,),) = await record_batches([Batch(call=call, entries=[entry])])
    return outcome


async def _tolerance(call: Call) -> int:
    policy = (await store.policies.load()).on(local_date(call.now))
    return policy.activity_tolerance_minutes


def _staff_id(call: Call) -> UUID | None:
    return call.actor.id if isinstance(call.actor, Staff) else None
