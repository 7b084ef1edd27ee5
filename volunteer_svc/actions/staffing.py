"""Staff come and go: leaving with a hand-over, standing in for a head, a contractor's end."""

from collections import Counter
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, Refusal, not_found, refuse
from volunteer_svc.domain.staffing import (
    Colleague,
    closing_fault,
    delegation_faults,
    receiver_fault,
)
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.identity.permissions import require, require_staff, stations_seen
from volunteer_svc.store import database
from volunteer_svc.store.accounts import Account
from volunteer_svc.store.staffing import Closing, Delegation, Departure, Work

STATIONS_MAX = 100


class Leave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`to`: the colleague of the same station who takes the open work over."""

    to: UUID
    reason: RequiredReason


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """`handed_over`: how much of each kind."""

    staff_id: UUID
    handed_to: UUID | None
    handed_over: dict[str, int]
    sessions_ended: int


class Delegate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Both days are included, in Shanghai. `from_staff`: the head, oneself if not given."""

    to: UUID
    from_on: date
    to_on: date
    reason: RequiredReason
    from_staff: UUID | None = None


class CloseStations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All accounts that these stations have now close on that day."""

    station_ids: Annotated[list[UUID], Meta(min_length=1, max_length=STATIONS_MAX)]
    on: date
    reason: RequiredReason


class ClosedStation(msgspec.Struct, frozen=True, kw_only=True):
    """`closed`: the accounts that were closed at once; none while the day is to come."""

    closing: Closing
    closed: list[UUID]


class ClosedStations(msgspec.Struct, frozen=True):
    stations: list[ClosedStation]


@reading
async def open_work(call: Call, account_id: UUID, *, after: UUID | None, limit: int) -> list[Work]:
    """What somebody looks after and is not finished. Raises `not_found`, `forbidden`."""
    if not (isinstance(call.actor, Staff) and call.actor.id == account_id):
        await _account(call, account_id)
    return await store.staffing.open_work(account_id, after=after, limit=limit)


@command
async def leave(call: Call, account_id: UUID, request: Leave) -> Left:
    """Close a leaver's account and hand all that is open to a colleague.

    Raises `colleague_unsuitable`, `account_closed` (409), `not_found`, `forbidden`.
    """
    await _account(call, account_id)
    staff = require_staff(call.actor, "staffing.write")
    accounts = await store.staffing.lock({account_id, request.to})
    leaver = accounts[account_id]
    if not leaver.open:
        raise refuse("account_closed", kind="conflict")
    fault = receiver_fault(leaver, accounts.get(request.to))
    if fault is not None:
        raise Refusal(fault)
    departure = Departure(
        id=ids.uuid7(),
        staff_id=account_id,
        reason=request.reason,
        left_at=call.now,
        closed_by=staff.id,
        handed_to=request.to,
        closing_id=None,
    )
    left = await _depart(call, departure)
    call.notes.changed(None, to=request.to, handed_over=left.handed_over)
    return left


@command
async def delegate(call: Call, request: Delegate) -> Delegation:
    """A head lets a colleague of the station decide in his stead for a time; it ends by itself.

    Raises `delegator_unsuitable`, `colleague_unsuitable`, `date_in_past`, `delegation_too_long`,
    `delegation_overlaps` (409), `forbidden`.
    """
    stations_seen(call.actor, "delegation.write")
    staff = require_staff(call.actor, "delegation.write")
    head_id = request.from_staff or staff.id
    accounts = await store.staffing.lock({head_id, request.to})
    head = accounts.get(head_id)
    if head_id != staff.id:  # in place of a head who is ill: the county
        require(staff, "delegation.write", None)
    faults = delegation_faults(
        head, accounts.get(request.to), request.from_on, request.to_on, local_date(call.now)
    )
    if faults or head is None or head.station_id is None:
        raise Refusal(*faults)
    made = Delegation(
        id=ids.uuid7(),
        station_id=head.station_id,
        from_staff=head_id,
        to_staff=request.to,
        from_on=request.from_on,
        to_on=request.to_on,
        reason=request.reason,
        made_at=call.now,
    )
    try:
        await store.staffing.insert_delegation(made)
    except database.Violation:
        raise refuse("delegation_overlaps", "from_on", kind="conflict") from None
    call.notes.changed(
        f"delegation/{made.id}",
        from_staff=made.from_staff,
        to_staff=made.to_staff,
        from_on=made.from_on,
        to_on=made.to_on,
    )
    return made


@command
async def end_delegation(call: Call, delegation_id: UUID) -> Delegation:
    """Before its day; one that is ended stays as it is. Raises `not_found`, `forbidden`."""
    found = await store.staffing.delegation(delegation_id)
    if found is None:
        raise not_found("delegation")
    require(call.actor, "delegation.write", found.station_id)
    staff = require_staff(call.actor, "delegation.write")
    await store.staffing.end_delegation(delegation_id, call.now, staff.id)
    call.notes.unchanged = found.ended_at is not None
    return await store.staffing.delegation(delegation_id) or found


async def colleagues(call: Call) -> list[Account]:
    """Whose accounts are open: at the own station, or at all. Raises `forbidden`."""
    return await store.accounts.open_at(stations_seen(call.actor, "staffing.read"))


@reading
async def delegations(call: Call, *, after: UUID | None, limit: int) -> list[Delegation]:
    """Of the own station or of all, also those that are over."""
    scope = stations_seen(call.actor, "staffing.read")
    return await store.staffing.delegations(station_id=scope, after=after, limit=limit)


@command
async def close_stations(call: Call, request: CloseStations) -> ClosedStations:
    """A contractor's end: all accounts of these stations close today or on a day to come.

    Accounts made after this order are the next contractor's and stay. Records stay and say who
    entered them. Raises `date_in_past`, `station_unknown`, `closing_ordered` (409), `forbidden`.
    """
    require(call.actor, "staffing.write")
    staff = require_staff(call.actor, "staffing.write")
    today = local_date(call.now)
    fault = closing_fault(request.on, today)
    faults = [fault] if fault else []
    for n, station_id in enumerate(request.station_ids):
        if await store.stations.find(station_id) is None:
            faults.append(Fault("station_unknown", f"station_ids[{n}]"))
        elif station_id in request.station_ids[:n]:
            faults.append(Fault("item_repeated", f"station_ids[{n}]"))
    if faults:
        raise Refusal(*faults)
    ordered = []
    for station_id in sorted(request.station_ids):
        closing = Closing(
            id=ids.uuid7(),
            station_id=station_id,
            closes_on=request.on,
            reason=request.reason,
            ordered_by=staff.id,
            ordered_at=call.now,
        )
        try:
            await store.staffing.insert_closing(closing)
        except database.Violation:
            raise refuse("closing_ordered", "station_ids", kind="conflict") from None
        closed = await _close(call, closing) if request.on == today else []
        ordered.append(ClosedStation(closing=closing, closed=closed))
    call.notes.changed(
        None, on=request.on, closed={str(one.closing.station_id): one.closed for one in ordered}
    )
    return ClosedStations(ordered)


@command
async def close_what_is_due(call: Call) -> int:
    """Carry out the closings whose day has come; how many accounts were closed."""
    due = await store.staffing.due_closings(local_date(call.now))
    closed = {str(closing.station_id): await _close(call, closing) for closing in due}
    call.notes.changed(None, closed=closed)
    call.notes.unchanged = not due
    return sum(map(len, closed.values()))


async def _close(call: Call, closing: Closing) -> list[UUID]:
    """Close the accounts of a station; what is open stays with it, for the county to see to."""
    leavers = await store.staffing.lock_station(closing.station_id, closing.ordered_at)
    for leaver in leavers:
        departure = Departure(
            id=ids.uuid7(),
            staff_id=leaver.id,
            reason=closing.reason,
            left_at=call.now,
            closed_by=closing.ordered_by,
            handed_to=None,
            closing_id=closing.id,
        )
        await _depart(call, departure)
    await store.staffing.close_done(closing.id, call.now)
    return [leaver.id for leaver in leavers]


async def _depart(call: Call, departure: Departure) -> Left:
    work: list[Work] = []
    await store.staffing.insert_departure(departure)
    if departure.handed_to is not None:
        work = await store.staffing.open_work(departure.staff_id, after=None, limit=None)
        rows = [(ids.uuid7(), one) for one in work]
        await store.staffing.hand_over(departure.id, rows, departure.handed_to)
    sessions = await store.staffing.sessions(departure.staff_id, call.now)
    await store.accounts.close(departure.staff_id, call.now)
    return Left(
        staff_id=departure.staff_id,
        handed_to=departure.handed_to,
        handed_over=dict(sorted(Counter(one.kind for one in work).items())),
        sessions_ended=sessions,
    )


async def _account(call: Call, account_id: UUID) -> Colleague:
    account = (await store.staffing.lock({account_id})).get(account_id)
    # To a stranger an unknown id and somebody else's look the same.
    require(call.actor, "staffing.write", account.station_id if account else account_id)
    if account is None:
        raise not_found("account")
    return account
