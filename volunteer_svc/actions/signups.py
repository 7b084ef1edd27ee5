"""Signing up and withdrawing; the waiting list moves up by itself."""

from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.candidates import candidates
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.activity import (
    Activity,
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
from volunteer_svc.store.signups import Notice, Signup

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
    known = await store.activities.find(activity_id)
    # To a stranger an unknown activity and another station's look the same.
    where = known.station_id if known else activity_id
    require_volunteer(call.actor, "signup.write", request.volunteer_id, where)
    if known is None or (known.state == "planned" and isinstance(call.actor, Self)):
        raise not_found("activity")
    # Asked before the lock: whoever waits for it holds up all who want to come.
    wanted = await candidates(known, [request.volunteer_id])
    activity = await _lock(activity_id)
    fault = open_fault(activity, call.now)
    if fault is not None:
        raise Refusal(fault, kind="conflict")
    candidate = wanted.get(request.volunteer_id)
    if candidate is None:
        raise refuse("volunteer_unknown", "volunteer_id")
    faults = gate_faults(activity, candidate, local_date(call.now))
    if faults:
        raise Refusal(*faults)
    if await store.signups.standing(activity_id, request.volunteer_id):
        raise refuse("already_signed_up", kind="conflict")
    confirmed = activity.free > 0
    signup = Signup(
        id=ids.uuid7(),
        activity_id=activity_id,
        volunteer_id=request.volunteer_id,
        number=activity.signups + 1,
        state="confirmed" if confirmed else "waiting",
        entered_by=_staff_id(call),
        entered_at=call.now,
        confirmed_at=call.now if confirmed else None,
    )
    activity = msgspec.structs.replace(
        activity, signups=activity.signups + 1, confirmed=activity.confirmed + confirmed
    )
    if confirmed:
        activity = await _tell(call, activity, [_confirmed(signup, activity)])
    await store.activities.save_places(activity)
    await store.signups.insert(signup)
    call.notes.changed(
        f"activity/{activity_id}", volunteer_id=signup.volunteer_id, state=signup.state
    )
    return await _view(signup)


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
        await store.signups.notify(
            Notice(
                id=ids.uuid7(),
                activity_id=activity.id,
                volunteer_id=s.volunteer_id,
                kind="moved_up",
                made_at=call.now,
            )
            for s in moved
        )
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
    await _require_home(call, volunteer_id)
    rows = await store.signups.listing(
        activity_id=None, volunteer_id=volunteer_id, after=after, limit=limit
    )
    places = await store.signups.places([row.id for row in rows])
    return [shown(row, places.get(row.id)) for row in rows]


@reading
async def notices(
    call: Call, volunteer_id: UUID, *, after: UUID | None, limit: int
) -> list[Notice]:
    """What a volunteer is to be told of his activities. Raises `not_found`, `forbidden`."""
    await _require_home(call, volunteer_id)
    return await store.signups.notices_of(volunteer_id, after=after, limit=limit)


@command
async def read_notices(call: Call, volunteer_id: UUID) -> None:
    """All of them have been read, or told by telephone. Raises `not_found`, `forbidden`."""
    await _require_home(call, volunteer_id)
    read = await store.signups.mark_read(volunteer_id, call.now)
    call.notes.changed(None, notices=read)
    call.notes.unchanged = read == 0


async def _require_home(call: Call, volunteer_id: UUID) -> None:
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "signup.write", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")


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
    await store.outbox.append(
        [
            Raised(
                event=event,
                version=activity.version + n,
                station_id=activity.station_id,
                happened_at=call.now,
                trace=call.trace,
            )
            for n, event in enumerate(events, 1)
        ]
    )
    return msgspec.structs.replace(activity, version=activity.version + len(events))
