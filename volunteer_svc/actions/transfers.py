"""A volunteer moves to another station, with his consent; person, number and hours stay."""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.journal import Journal
from volunteer_svc.actions.positions import end_roles
from volunteer_svc.actions.volunteer_view import VolunteerView, shown_one
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.events import VolunteerTransferred
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity.permissions import require_volunteer
from volunteer_svc.store.transfers import Transfer

_MOVABLE = ("registered", "active", "suspended")


class ConsentToMove(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How and when the volunteer told the desk that he wants to move."""

    given: Literal["signed", "spoken"]
    on: date


class TransferVolunteer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`consent`: the desk says how it was given; a volunteer who asks himself gives it thereby."""

    to_station_id: UUID
    reason: RequiredReason
    consent: ConsentToMove | None = None


@command
async def transfer_volunteer(
    call: Call, volunteer_id: UUID, request: TransferVolunteer, revision: int | None
) -> VolunteerView:
    """From today another station is the home station; a suspension or a window goes along.

    Raises `consent_required`, `station_unknown`, `same_station`, `state_forbids` (409),
    `changed_meanwhile` (412), `not_found`, `forbidden`.
    """
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    home = volunteer.station_id if volunteer else volunteer_id
    require_volunteer(call.actor, "volunteer.write", volunteer_id, home)
    if volunteer is None:
        raise not_found("volunteer")
    if revision is not None and revision != volunteer.revision:
        raise refuse("changed_meanwhile", kind="stale")
    await require_movable(volunteer, request.to_station_id, local_date(call.now))
    transfer = _transfer(call, volunteer_id, volunteer.station_id, request, local_date(call.now))
    await moved(call, volunteer, transfer)
    return await shown_one(call, (await store.volunteers.load([volunteer_id]))[volunteer_id])


async def require_movable(volunteer: Volunteer, to_station_id: UUID, today: date) -> None:
    """Raises `state_forbids` (409), `station_unknown`, `same_station`."""
    state = volunteer.state(today)
    if state not in _MOVABLE:
        raise refuse("state_forbids", kind="conflict", state=state)
    if not await store.stations.is_open(to_station_id, today):
        raise refuse("station_unknown", "to_station_id")
    if to_station_id == volunteer.station_id:
        raise refuse("same_station", "to_station_id")


async def moved(call: Call, volunteer: Volunteer, transfer: Transfer) -> None:
    """Inside a running command: the locked volunteer has another home station from today."""
    await store.transfers.insert(transfer)
    journal = Journal(call, {volunteer.id: volunteer}, await store.policies.load())
    journal.change(
        msgspec.structs.replace(
            volunteer, station_id=transfer.to_station_id, revision=volunteer.revision + 1
        )
    )
    await end_roles(call, journal, volunteer.id, transfer.reason)
    event = VolunteerTransferred(
        volunteer_id=volunteer.id,
        from_station_id=volunteer.station_id,
        station_id=transfer.to_station_id,
        transferred_on=transfer.transferred_on,
    )
    journal.note(volunteer.id, event, station_id=transfer.to_station_id)
    await journal.write()
    call.notes.changed(
        f"volunteer/{volunteer.id}",
        {"station_id": volunteer.station_id},
        {"station_id": transfer.to_station_id},
    )


def _transfer(
    call: Call, volunteer_id: UUID, home: UUID, request: TransferVolunteer, today: date
) -> Transfer:
    """Raises `consent_required` when the desk does not say how consent was given."""
    staff_id = call.actor.id if isinstance(call.actor, Staff) else None
    if staff_id is not None and request.consent is None:
        raise refuse("consent_required", "consent")
    if request.consent is not None and request.consent.on > today:
        raise refuse("date_in_future", "consent.on")
    by_desk = request.consent if staff_id is not None else None
    return Transfer(
        id=ids.uuid7(),
        volunteer_id=volunteer_id,
        from_station_id=home,
        to_station_id=request.to_station_id,
        transferred_on=today,
        consented_on=by_desk.on if by_desk else today,
        consent_given=by_desk.given if by_desk else "himself",
        reason=request.reason,
        recorded_by=staff_id,
        recorded_at=call.now,
    )
