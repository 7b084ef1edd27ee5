"""Appointing backbone and leaders (R9), with history; whoever leaves holds nothing any more."""

from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.events import PositionAppointed, PositionEnded
from volunteer_svc.domain.position import Kind, appointment_fault
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity.permissions import (
    reads_free_text,
    require,
    require_staff,
    require_volunteer,
    stations_seen,
)
from volunteer_svc.store import database
from volunteer_svc.store.positions import Position


class Appoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`group_id`: of a group leader, the group that he leads."""

    position: Kind
    group_id: UUID | None = None
    reason: RequiredReason


class EndPosition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: RequiredReason


@command
async def appoint(call: Call, volunteer_id: UUID, request: Appoint) -> Position:
    """From today; what was held before ends. By a head, for a volunteer of his station.

    Raises `backbone_first`, `position_held`, `group_and_leader`, `group_unknown`,
    `group_has_leader` (409), `own_position`, `state_forbids`, `not_found`, `forbidden`.
    """
    staff = require_staff(call.actor, "position.write")
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    require(staff, "position.write", volunteer.station_id if volunteer else volunteer_id)
    if volunteer is None:
        raise not_found("volunteer")
    if staff.volunteer_id == volunteer_id:
        raise refuse("own_position")
    today = local_date(call.now)
    held = (await store.positions.held([volunteer_id])).get(volunteer_id)
    was = held.kind if held else None
    fault = appointment_fault(volunteer.state(today), was, request.position, leads=request.group_id)
    if fault is not None:
        raise Refusal(fault)
    journal = Journal(call, {volunteer_id: volunteer}, await store.policies.load())
    if held is not None:
        await _end(journal, held, today, staff.id, request.reason)
    if request.group_id is not None:
        await _join_group(call, volunteer, request.group_id, today)
    position = Position(
        id=ids.uuid7(),
        volunteer_id=volunteer_id,
        station_id=volunteer.station_id,
        kind=request.position,
        group_id=request.group_id,
        from_on=today,
        reason=request.reason,
        appointed_by=staff.id,
    )
    try:
        await store.positions.insert(position)
    except database.Violation:
        raise refuse("group_has_leader", "group_id", kind="conflict") from None
    event = PositionAppointed(
        position_id=position.id,
        volunteer_id=volunteer_id,
        station_id=volunteer.station_id,
        position=request.position,
        group_id=request.group_id,
        from_on=today,
    )
    journal.note(volunteer_id, event, station_id=volunteer.station_id)
    await journal.write()
    call.notes.changed(None, {"kind": was}, {"kind": request.position})
    return position


async def _join_group(call: Call, volunteer: Volunteer, group_id: UUID, today: date) -> None:
    group = await store.groups.lock(group_id)
    if group is None or group.closed_on or group.station_id != volunteer.station_id:
        raise refuse("group_unknown", "group_id")
    if group.leader_id is not None:
        raise refuse("group_has_leader", "group_id", kind="conflict")
    await store.groups.join([(ids.uuid7(), volunteer.id)], group_id, today, call.now)


@command
async def end_position(call: Call, position_id: UUID, request: EndPosition) -> Position:
    """The last day is today. Raises `position_ended` (409), `not_found`, `forbidden`."""
    staff = require_staff(call.actor, "position.write")
    position = await store.positions.find(position_id)
    require(staff, "position.write", position.station_id if position else position_id)
    if position is None:
        raise not_found("position")
    volunteers = await store.volunteers.lock([position.volunteer_id])
    held = (await store.positions.held(volunteers)).get(position.volunteer_id)
    if held is None or held.id != position_id:
        raise refuse("position_ended", kind="conflict")
    journal = Journal(call, volunteers, await store.policies.load())
    await _end(journal, held, local_date(call.now), staff.id, request.reason)
    await journal.write()
    call.notes.changed(f"volunteer/{position.volunteer_id}", {"kind": held.kind}, {"kind": None})
    return await store.positions.find(position_id) or position


async def end_roles(call: Call, journal: Journal, volunteer_id: UUID, reason: str) -> None:
    """Inside a command that lets somebody leave his station: position, groups and a transfer that
    was proposed to him end with it."""
    await end_posts(call, journal, volunteer_id, reason)
    await store.transfers.end_open(volunteer_id, call.now)


async def end_posts(call: Call, journal: Journal, volunteer_id: UUID, reason: str) -> None:
    """Inside a command after which somebody is active no more: position and groups end with it."""
    today = local_date(call.now)
    held = (await store.positions.held([volunteer_id])).get(volunteer_id)
    if held is not None:
        staff_id = call.actor.id if isinstance(call.actor, Staff) else None
        await _end(journal, held, today, staff_id, reason)
    await store.groups.leave(volunteer_id, today)


async def _end(
    journal: Journal, held: Position, today: date, staff_id: UUID | None, reason: str
) -> None:
    await store.positions.end(held.id, today, staff_id, reason)
    event = PositionEnded(
        position_id=held.id,
        volunteer_id=held.volunteer_id,
        station_id=held.station_id,
        position=held.kind,
        ended_on=today,
    )
    journal.note(held.volunteer_id, event, station_id=held.station_id)


@reading
async def positions_of(call: Call, volunteer_id: UUID) -> list[Position]:
    """The history of a volunteer's positions. Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "volunteer.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["positions"])
    return [_shown(call, row) for row in await store.positions.of(volunteer_id)]


@reading
async def holders(
    call: Call, *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Position]:
    """Who holds a position now, at a station or at all."""
    where = stations_seen(call.actor, "volunteer.read", station_id)
    rows = await store.positions.listing(station_id=where, after=after, limit=limit)
    return [_shown(call, row) for row in rows]


def _shown(call: Call, row: Position) -> Position:
    if reads_free_text(call.actor):
        return row
    return msgspec.structs.replace(row, reason="", end_reason=None)
