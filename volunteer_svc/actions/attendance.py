"""Who is at an activity: everybody with a place, for the desk that taps."""

from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.check_ins import CheckInView, view
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.actions.signups import SignupView, shown
from volunteer_svc.domain.errors import not_found
from volunteer_svc.identity.permissions import require


class Attendee(msgspec.Struct, frozen=True, kw_only=True):
    signup: SignupView
    check_in: CheckInView | None


@reading
async def attendance(
    call: Call, activity_id: UUID, *, after: UUID | None, limit: int
) -> list[Attendee]:
    """In the order they signed up; `after` is a sign-up. Raises `not_found`, `forbidden`."""
    await _require(call, activity_id)
    rows = await store.signups.expected(activity_id, after=after, limit=limit)
    there = await store.check_ins.latest_here(activity_id, [row.volunteer_id for row in rows])
    return [
        Attendee(
            signup=shown(row, None),
            check_in=view(there[row.volunteer_id]) if row.volunteer_id in there else None,
        )
        for row in rows
    ]


@reading
async def present(call: Call, activity_id: UUID) -> int:
    """How many have come and not gone. Raises `not_found`, `forbidden`."""
    await _require(call, activity_id)
    return await store.check_ins.present(activity_id)


async def _require(call: Call, activity_id: UUID) -> None:
    activity = await store.activities.find(activity_id)
    require(call.actor, "record.write", activity.station_id if activity else activity_id)
    if activity is None:
        raise not_found("activity")
