"""Groups of volunteers at a station: made, filled, closed. Their leader is a position (R9)."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.actor import Self
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, Refusal, not_found, refuse
from volunteer_svc.domain.text import Name
from volunteer_svc.identity.permissions import require, require_volunteer, stations_seen
from volunteer_svc.store import database
from volunteer_svc.store.groups import Group

JOINING_MAX = 200


class NewGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station_id: UUID
    name: Name


class JoinGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is in it already stays in it."""

    volunteer_ids: Annotated[list[UUID], Meta(min_length=1, max_length=JOINING_MAX)]


@command
async def add_group(call: Call, request: NewGroup) -> Group:
    """Raises `group_exists` (409), `station_unknown`, `forbidden`."""
    require(call.actor, "group.write", request.station_id)
    today = local_date(call.now)
    if not await store.stations.is_open(request.station_id, today):
        raise refuse("station_unknown", "station_id")
    group_id = ids.uuid7()
    try:
        await store.groups.insert(group_id, request.station_id, request.name, today)
    except database.Violation:
        raise refuse("group_exists", "name", kind="conflict") from None
    group = await _open(call, group_id)
    call.notes.changed(f"group/{group_id}", None, group)
    return group


@command
async def join_group(call: Call, group_id: UUID, request: JoinGroup) -> Group:
    """Members are active volunteers of the station. One fault each for those who are not."""
    group = await _open(call, group_id)
    today = local_date(call.now)
    known = await store.volunteers.lock(set(request.volunteer_ids))
    faults = [
        Fault("not_of_station", f"volunteer_ids[{n}]")
        for n, one in enumerate(request.volunteer_ids)
        if one not in known
        or known[one].station_id != group.station_id
        or known[one].state(today) not in ("active", "suspended")
    ]
    if faults:
        raise Refusal(*faults)
    new = sorted(known.keys() - set(group.members))
    await store.groups.join([(ids.uuid7(), one) for one in new], group_id, today, call.now)
    call.notes.changed(None, joined=new)
    call.notes.unchanged = not new
    return await store.groups.lock(group_id) or group


@command
async def leave_group(call: Call, group_id: UUID, volunteer_id: UUID) -> Group:
    """Raises `group_leader_leaves` (409) while he leads it, `not_in_group`."""
    group = await _open(call, group_id)
    if group.leader_id == volunteer_id:
        raise refuse("group_leader_leaves", kind="conflict")
    if not await store.groups.leave(volunteer_id, local_date(call.now), group_id=group_id):
        raise refuse("not_in_group", "volunteer_id")
    call.notes.changed(None, left=[volunteer_id])
    return await store.groups.lock(group_id) or group


@command
async def close_group(call: Call, group_id: UUID) -> Group:
    """Its members leave it. Raises `group_has_leader` (409), `not_found`, `forbidden`."""
    group = await _open(call, group_id)
    if group.leader_id is not None:
        raise refuse("group_has_leader", kind="conflict")
    await store.groups.close(group_id, local_date(call.now))
    call.notes.changed(None, members=len(group.members))
    return await store.groups.lock(group_id) or group


@reading
async def groups(
    call: Call, *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Group]:
    """Of a station or of all."""
    where = stations_seen(call.actor, "volunteer.read", station_id)
    return await store.groups.listing(station_id=where, after=after, limit=limit)


@reading
async def read_group(call: Call, group_id: UUID) -> Group:
    """Raises `not_found`, `forbidden`."""
    group = await store.groups.find(group_id)
    require(call.actor, "volunteer.read", group.station_id if group else group_id)
    if group is None:
        raise not_found("group")
    return group


@reading
async def groups_of(call: Call, volunteer_id: UUID) -> list[Group]:
    """Those that a volunteer is in now; of the members he himself sees nobody. Raises
    `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "volunteer.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["groups"])
    found = await store.groups.of(volunteer_id)
    if isinstance(call.actor, Self):
        found = [msgspec.structs.replace(one, members=[volunteer_id]) for one in found]
    return found


async def _open(call: Call, group_id: UUID) -> Group:
    """The group, locked. Raises `not_found`, `forbidden`, `group_closed` (409)."""
    group = await store.groups.lock(group_id)
    require(call.actor, "group.write", group.station_id if group else group_id)
    if group is None:
        raise not_found("group")
    if group.closed_on is not None:
        raise refuse("group_closed", kind="conflict")
    return group
