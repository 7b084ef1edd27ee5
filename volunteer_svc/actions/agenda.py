"""Activities as one volunteer sees them: what he may sign up for, what he comes to, what he did."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.candidates import candidates
from volunteer_svc.actions.check_ins import CheckInView, view
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.actions.notices import require_home
from volunteer_svc.actions.signups import SignupView, shown
from volunteer_svc.domain.activity import Activity, gate_faults, open_fault
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.check_in import Direction, check_in_fault, check_out_fault
from volunteer_svc.domain.errors import Fault, not_found
from volunteer_svc.store.check_ins import CheckIn
from volunteer_svc.store.signups import Signup


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An activity with the volunteer's sign-up and his latest check-in, if any.

    `step`: what he can do at the site now: check in, check out, or nothing.
    """

    activity: Activity
    signup: SignupView | None
    check_in: CheckInView | None
    step: Direction | None


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """`faults`: all that keeps him from signing up now; empty when he has, or may."""

    item: Item
    faults: list[Fault]


@reading
async def coming(
    call: Call, volunteer_id: UUID, *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Item]:
    """What was published and has not begun, the next first. Raises `not_found`, `forbidden`."""
    await require_home(call, volunteer_id)
    rows = await store.activities.coming(call.now, station_id=station_id, behind=after, limit=limit)
    standing = await store.signups.standing_among(volunteer_id, [row.id for row in rows])
    return await _items(call, volunteer_id, [(row, standing.get(row.id)) for row in rows])


@reading
async def own(
    call: Call, volunteer_id: UUID, *, past: bool, after: UUID | None, limit: int
) -> list[Item]:
    """What he signed up for: still to come, the next first; or `past`, withdrawn ones too, the
    latest first. `after` is the id of a sign-up. Raises `not_found`, `forbidden`."""
    await require_home(call, volunteer_id)
    over = call.now - timedelta(minutes=await _tolerance(call))
    signups = await store.signups.agenda(
        volunteer_id, over=over, past=past, behind=after, limit=limit
    )
    found = await store.activities.load({one.activity_id for one in signups})
    return await _items(call, volunteer_id, [(found[one.activity_id], one) for one in signups])


@reading
async def look(call: Call, volunteer_id: UUID, activity_id: UUID) -> Looked:
    """One published activity, and whether he may sign up. Raises `not_found`, `forbidden`."""
    await require_home(call, volunteer_id)
    activity = await store.activities.find(activity_id)
    if activity is None or activity.published_at is None:
        raise not_found("activity")
    signup = await store.signups.standing(activity_id, volunteer_id)
    (item,) = await _items(call, volunteer_id, [(activity, signup)])
    return Looked(item=item, faults=[] if signup else await _faults(call, activity, volunteer_id))


async def _faults(call: Call, activity: Activity, volunteer_id: UUID) -> list[Fault]:
    closed = open_fault(activity, call.now)
    if closed is not None:
        return [closed]
    candidate = (await candidates(activity, [volunteer_id])).get(volunteer_id)
    if candidate is None:
        return [Fault("volunteer_unknown")]
    return gate_faults(activity, candidate, local_date(call.now))


async def _items(
    call: Call, volunteer_id: UUID, rows: list[tuple[Activity, Signup | None]]
) -> list[Item]:
    """With the places of those that wait, and who is there."""
    places = await store.signups.places([s.id for _, s in rows if s and s.state == "waiting"])
    there = await store.check_ins.latest_of(volunteer_id, [activity.id for activity, _ in rows])
    tolerance = await _tolerance(call)
    return [
        Item(
            activity=msgspec.structs.replace(activity, external_ref=""),
            signup=shown(signup, places.get(signup.id)) if signup else None,
            check_in=view(there[activity.id]) if activity.id in there else None,
            step=_step(call, activity, signup, there.get(activity.id), tolerance),
        )
        for activity, signup in rows
    ]


def _step(
    call: Call, activity: Activity, signup: Signup | None, there: CheckIn | None, tolerance: int
) -> Literal["in", "out"] | None:
    if there is not None and there.state == "open":
        return "out" if check_out_fault(activity, call.now, tolerance) is None else None
    has_place = signup is not None and signup.state == "confirmed" and there is None
    return "in" if has_place and check_in_fault(activity, call.now, tolerance) is None else None


async def _tolerance(call: Call) -> int:
    policy = (await store.policies.load()).on(local_date(call.now))
    return policy.activity_tolerance_minutes
