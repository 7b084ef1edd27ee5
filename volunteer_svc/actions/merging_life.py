"""What two files of one person planned, did and held, in the file that is kept."""

from uuid import UUID

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.journal import Journal
from volunteer_svc.actions.signups import withdrawn
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.events import PositionAppointed
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.store.groups import Group
from volunteer_svc.store.positions import Position


async def join_signups(call: Call, duplicate_id: UUID, kept_id: UUID) -> None:
    """Of two sign-ups for one activity to come the better one stays."""
    for activity_id in await store.identities.signed_up_twice(duplicate_id, kept_id, call.now):
        activity = await store.activities.lock(activity_id)
        both = [await store.signups.standing(activity_id, one) for one in (duplicate_id, kept_id)]
        standing = [one for one in both if one is not None]
        if activity is not None and len(standing) > 1:
            better = [one for one in standing if one.state == "confirmed"] or standing
            worse = next(one for one in standing if one is not better[-1])
            await withdrawn(call, activity, worse, "")


async def carry_on(
    call: Call,
    journal: Journal,
    staff: Staff,
    kept: Volunteer,
    held: Position | None,
    groups: list[Group],
    reason: str,
) -> None:
    """The duplicate's position and groups go on in the kept file, if it is at home there; one
    that holds a position keeps its own."""
    today = local_date(call.now)
    if kept.state(today) != "active":
        return
    for group in groups:
        if group.station_id == kept.station_id and group.closed_on is None:
            await store.groups.join([(ids.uuid7(), kept.id)], group.id, today, call.now)
    if held is None or held.station_id != kept.station_id:
        return
    if await store.positions.held([kept.id]):
        return
    position = Position(
        id=ids.uuid7(),
        volunteer_id=kept.id,
        station_id=kept.station_id,
        kind=held.kind,
        group_id=held.group_id,
        from_on=today,
        reason=reason,
        appointed_by=staff.id,
    )
    await store.positions.insert(position)
    event = PositionAppointed(
        position_id=position.id,
        volunteer_id=kept.id,
        station_id=kept.station_id,
        position=position.kind,
        group_id=position.group_id,
        from_on=today,
    )
    journal.note(kept.id, event, station_id=kept.station_id)
