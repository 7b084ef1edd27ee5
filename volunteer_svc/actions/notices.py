"""What volunteers are told of activities they signed up for: in their inbox, and sent once."""

from collections.abc import Collection
from typing import Literal
from uuid import UUID

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.activity import Activity
from volunteer_svc.domain.errors import not_found
from volunteer_svc.domain.reminder import Kind
from volunteer_svc.identity.permissions import require_volunteer
from volunteer_svc.store.reminders import Reminder
from volunteer_svc.store.signups import Notice

_SENT_AS: dict[str, Kind] = {"cancelled": "activity_cancelled", "moved_up": "activity_moved_up"}


async def tell(
    call: Call,
    activity: Activity,
    kind: Literal["cancelled", "moved_up"],
    volunteer_ids: Collection[UUID],
) -> None:
    """Inside a command: a notice to each, and its message on the way of the reminders; whoever
    has no telephone comes onto the list of the activity's station, for somebody to call."""
    made = [
        Notice(
            id=ids.uuid7(),
            activity_id=activity.id,
            volunteer_id=volunteer_id,
            kind=kind,
            made_at=call.now,
        )
        for volunteer_id in volunteer_ids
    ]
    if not made:
        return
    await store.signups.notify(made)
    reachable = await store.reminders.reachable([one.volunteer_id for one in made])
    await store.reminders.insert(
        Reminder(
            id=ids.uuid7(),
            kind=_SENT_AS[kind],
            item_id=one.id,
            step=0,
            volunteer_id=one.volunteer_id,
            station_id=activity.station_id,
            due_on=activity.held_on,
            listed=one.volunteer_id not in reachable,
            made_at=call.now,
        )
        for one in made
    )


@reading
async def notices(
    call: Call, volunteer_id: UUID, *, after: UUID | None, limit: int, newest_first: bool = False
) -> list[Notice]:
    """What a volunteer is to be told of his activities. Raises `not_found`, `forbidden`."""
    await require_home(call, volunteer_id)
    return await store.signups.notices_of(
        volunteer_id, after=after, limit=limit, newest_first=newest_first
    )


@reading
async def unread(call: Call, volunteer_id: UUID) -> int:
    """How many he has not read. Raises `not_found`, `forbidden`."""
    await require_home(call, volunteer_id)
    return await store.signups.unread(volunteer_id)


@command
async def read_notices(call: Call, volunteer_id: UUID) -> None:
    """All of them have been read, or told by telephone. Raises `not_found`, `forbidden`."""
    await require_home(call, volunteer_id)
    read = await store.signups.mark_read(volunteer_id, call.now)
    call.notes.changed(None, notices=read)
    call.notes.unchanged = read == 0


async def require_home(call: Call, volunteer_id: UUID) -> None:
    """His own matters, or those of his station's desk. Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "signup.write", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
