"""Signing up and withdrawing; the waiting list moves up by itself."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions import notices
from volunteer_svc.actions.candidates import candidates
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.activity import (
    Activity,
    Candidate,
    SignupState,
    gate_faults,
    moving_up,
    open_fault,
)
from volunteer_svc.domain.actor import Self, Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.events import Event, SignupConfirmed, SignupWithdrawn
from volunteer_svc.domain.text import Reason
from volunteer_svc.identity.people import masked_name
from volunteer_svc.identity.permissions import require, require_volunteer
from volunteer_svc.store.outbox import Raised
from volunteer_svc.store.signups import Signup

_PAGE = 100


class SignUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who comes: the volunteer himself, or somebody whom the desk signs up."""

    volunteer_id: UUID


class Withdraw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason = ""


class SignupView(msgspec.Struct, frozen=True, kw_only=True):
    """`place`: in the waiting list, from 1. `name` masked; it and `member_no` for the desk."""

    id: UUID
    activity_id: UUID
    volunteer_id: UUID
    state: SignupState
    number: int
    place: int | None
    entered_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    end_reason: str
    member_no: str | None = None
    name: str | None = None


@command
async def sign_up(call: Call, activity_id: UUID, request: SignUp) -> SignupView:
    """A place, or one on the waiting list (R4, R18).

    Raises `activity_not_published`, `activity_cancelled`, `signup_after_start`,
    `already_signed_up` (409), every gate's fault, `not_found`, `forbidden`.
    """
    (result,) = await sign_up_together(activity_id, [(call, request)])
    if isinstance(result, Refusal):
        raise result
    return result


async def sign_up_together(
    activity_id: UUID, asked: Sequence[tuple[Call, SignUp]]
) -> list[SignupView | Refusal]:
    """Inside the running command: all who want to come at this moment, in the order given; a
    refused one touches no other."""
    known = await store.activities.find(activity_id)
    results: dict[int, SignupView | Refusal] = {}
    for n, (call, request) in enumerate(asked):
        refusal = _not_his_to_ask(call, known, activity_id, request)
        if refusal is not None:
            results[n] = refusal
    left = [(n, *asked[n]) for n in range(len(asked)) if n not in results]
    if known is None or not left:
        return [results[n] for n in range(len(asked))]
    # Asked before the lock: whoever waits for it holds up all who want to come.
    wanted = await candidates(known, [request.volunteer_id for _, _, request in left])
    activity = await _lock(activity_id)
    standing = set(await store.signups.standing_here(activity_id, wanted))
    waiting = await store.signups.waiting_count(activity_id)
    made, events = [], []
    for n, call, request in left:
        candidate = wanted.get(request.volunteer_id)
        refusal = _refusal(call, activity, candidate, standing)
        if refusal is not None:
            results[n] = refusal
            continue
        signup = _signup(call, activity, request.volunteer_id)
        standing.add(signup.volunteer_id)
        confirmed = signup.state == "confirmed"
        activity = msgspec.structs.replace(
            activity, signups=signup.number, confirmed=activity.confirmed + confirmed
        )
        if confirmed:
            activity = _counted(activity)
            events.append(_raised(call, activity, _confirmed(signup, activity)))
        else:
            waiting += 1
        made.append(signup)
        results[n] = shown(signup, None if confirmed else waiting)
        call.notes.changed(
            f"activity/{activity_id}", volunteer_id=signup.volunteer_id, state=signup.state
        )
    if made:
        await store.outbox.append(events)
        await store.activities.save_places(activity)
        await store.signups.insert(made)
    return [results[n] for n in range(len(asked))]


def _not_his_to_ask(
    call: Call, known: Activity | None, activity_id: UUID, request: SignUp
) -> Refusal | None:
    """To a stranger an unknown activity and another station's look the same."""
    where = known.station_id if known else activity_id
    try:
        require_volunteer(call.actor, "signup.write", request.volunteer_id, where)
    except Refusal as refusal:
        return refusal
    if known is None or (known.state == "planned" and isinstance(call.actor, Self)):
        return not_found("activity")
    return None


def _refusal(
    call: Call, activity: Activity, candidate: Candidate | None, standing: Collection[UUID]
) -> Refusal | None:
    """Why this person gets neither a place nor one on the waiting list, if so."""
    fault = open_fault(activity, call.now)
    if fault is not None:
        return Refusal(fault, kind="conflict")
    if candidate is None:
        return refuse("volunteer_unknown", "volunteer_id")
    faults = gate_faults(activity, candidate, local_date(call.now))
    if faults:
        return Refusal(*faults)
    if candidate.volunteer.id in standing:
        return refuse("already_signed_up", kind="conflict")
    return None


def _signup(call: Call, activity: Activity, volunteer_id: UUID) -> Signup:
    """The next in the order of arrival, with a place if there is one."""
    confirmed = activity.free > 0
    return Signup(
        id=ids.uuid7(),
        activity_id=activity.id,
        volunteer_id=volunteer_id,
        number=activity.signups + 1,
        state="confirmed" if confirmed else "waiting",
        entered_by=_staff_id(call),
        entered_at=call.now,
        confirmed_at=call.now if confirmed else None,
    )


@command
async def withdraw(
    call: Call, activity_id: UUID, volunteer_id: UUID, request: Withdraw
) -> SignupView:
    """Until it begins; the next of the waiting list moves up. Raises `not_signed_up` (404),
    `withdraw_after_start` (409)."""
    known = await store.activities.find(activity_id)
    where = known.station_id if known else activity_id
    require_volunteer(call.actor, "signup.write", volunteer_id, where)
    if known is None:
        raise not_found("activity")
    activity = await _lock(activity_id)
    signup = await store.signups.standing(activity_id, volunteer_id)
    if signup is None:
        raise not_found("signup")
    if call.now >= activity.started_at:
        raise refuse("withdraw_after_start", kind="conflict")
    ended = await withdrawn(call, activity, signup, request.reason)
    call.notes.changed(
        f"activity/{activity_id}",
        volunteer_id=volunteer_id,
        was_confirmed=signup.state == "confirmed",
    )
    return await _view(ended)


async def withdrawn(call: Call, activity: Activity, signup: Signup, reason: str) -> Signup:
    """Inside a running command: end a standing sign-up of a locked activity; the next moves up."""
    await store.signups.end([signup.id], "withdrawn", call.now, _staff_id(call), reason)
    was_confirmed = signup.state == "confirmed"
    activity = msgspec.structs.replace(activity, confirmed=activity.confirmed - was_confirmed)
    event = SignupWithdrawn(
        signup_id=signup.id,
        activity_id=activity.id,
        volunteer_id=signup.volunteer_id,
        station_id=activity.station_id,
        was_confirmed=was_confirmed,
    )
    activity = await _tell(call, activity, [event])
    activity = await move_up(call, activity)
    await store.activities.save_places(activity)
    return msgspec.structs.replace(signup, state="withdrawn", ended_at=call.now, end_reason=reason)


async def move_up(call: Call, activity: Activity) -> Activity:
    """Give the free places of a locked activity to those who wait, in their order; who moved up
    finds a notice. The activity as it shall be saved."""
    if activity.state != "published" or call.now >= activity.started_at:
        return activity
    after = 0
    while activity.free > 0:
        waiting = await store.signups.waiting(activity.id, after=after, limit=_PAGE)
        if not waiting:
            break
        after = waiting[-1].number
        able = await candidates(activity, [s.volunteer_id for s in waiting])
        in_order = [able[s.volunteer_id] for s in waiting if s.volunteer_id in able]
        chosen = set(moving_up(activity, in_order, activity.free, local_date(call.now)))
        moved = [s for s in waiting if s.volunteer_id in chosen]
        await store.signups.confirm([s.id for s in moved], call.now)
        await notices.tell(call, activity, "moved_up", [s.volunteer_id for s in moved])
        activity = msgspec.structs.replace(activity, confirmed=activity.confirmed + len(moved))
        activity = await _tell(call, activity, [_confirmed(s, activity) for s in moved])
    return activity


@reading
async def signups_for(
    call: Call, activity_id: UUID, *, after: UUID | None, limit: int
) -> list[SignupView]:
    """Who comes, for the desk of the activity's station. Raises `not_found`, `forbidden`."""
    activity = await store.activities.find(activity_id)
    require(call.actor, "activity.write", activity.station_id if activity else None)
    if activity is None:
        raise not_found("activity")
    rows = await store.signups.listing(
        activity_id=activity_id, volunteer_id=None, after=after, limit=limit
    )
    wanted = [row.volunteer_id for row in rows]
    names, volunteers = await store.people.names(wanted), await store.volunteers.load(wanted)
    places = await store.signups.places([row.id for row in rows])
    return [
        shown(
            row,
            places.get(row.id),
            member_no=volunteers[row.volunteer_id].member_no,
            name=masked_name(names.get(row.volunteer_id, "")),
        )
        for row in rows
    ]


@reading
async def signups_of(
    call: Call, volunteer_id: UUID, *, after: UUID | None, limit: int
) -> list[SignupView]:
    """A volunteer's own, or for the desk of his station. Raises `not_found`, `forbidden`."""
    await notices.require_home(call, volunteer_id)
    rows = await store.signups.listing(
        activity_id=None, volunteer_id=volunteer_id, after=after, limit=limit
    )
    places = await store.signups.places([row.id for row in rows])
    return [shown(row, places.get(row.id)) for row in rows]


def shown(
    signup: Signup, place: int | None, *, member_no: str | None = None, name: str | None = None
) -> SignupView:
    return SignupView(
        id=signup.id,
        activity_id=signup.activity_id,
        volunteer_id=signup.volunteer_id,
        state=signup.state,
        number=signup.number,
        place=place,
        entered_at=signup.entered_at,
        confirmed_at=signup.confirmed_at,
        ended_at=signup.ended_at,
        end_reason=signup.end_reason,
        member_no=member_no,
        name=name,
    )


async def _view(signup: Signup) -> SignupView:
    waits = signup.state == "waiting"
    places = await store.signups.places([signup.id]) if waits else {}
    return shown(signup, places.get(signup.id))


async def _lock(activity_id: UUID) -> Activity:
    activity = await store.activities.lock(activity_id)
    if activity is None:
        raise AssertionError("activities are never deleted")
    return activity


def _staff_id(call: Call) -> UUID | None:
    return call.actor.id if isinstance(call.actor, Staff) else None


def _confirmed(signup: Signup, activity: Activity) -> Event:
    return SignupConfirmed(
        signup_id=signup.id,
        activity_id=activity.id,
        volunteer_id=signup.volunteer_id,
        station_id=activity.station_id,
        moved_up=signup.state == "waiting",
    )


async def _tell(call: Call, activity: Activity, events: list[Event]) -> Activity:
    """Raise events of the locked activity; the activity with its new version."""
    raised = []
    for event in events:
        activity = _counted(activity)
        raised.append(_raised(call, activity, event))
    await store.outbox.append(raised)
    return activity


def _counted(activity: Activity) -> Activity:
    """With the number of its next event."""
    return msgspec.structs.replace(activity, version=activity.version + 1)


def _raised(call: Call, activity: Activity, event: Event) -> Raised:
    return Raised(
        event=event,
        version=activity.version,
        station_id=activity.station_id,
        happened_at=call.now,
        trace=call.trace,
    )
