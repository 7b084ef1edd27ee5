"""Consent to be named outside the station (R19): given, taken back; lists read it each time."""

from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import is_minor, local_date
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.text import Name
from volunteer_svc.identity.permissions import require_volunteer
from volunteer_svc.store.people import SealedPerson
from volunteer_svc.store.recognitions import NameConsent


class ConsentToName(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`named`: whether the name may be shown from now on. `text_version`: what was signed."""

    named: bool
    text_version: Name = "1"


class Named(msgspec.Struct, frozen=True, kw_only=True):
    volunteer_id: UUID
    named: bool


class NamingView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether he may be named outside his station, and since when."""

    named: bool
    given_at: datetime | None = None


@reading
async def read_name_consent(call: Call, volunteer_id: UUID) -> NamingView:
    """Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "volunteer.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    given = await store.recognitions.consents_of(volunteer_id)
    standing = [one.given_at for one in given if one.withdrawn_at is None]
    return NamingView(named=bool(standing), given_at=standing[-1] if standing else None)


@command
async def set_name_consent(call: Call, volunteer_id: UUID, request: ConsentToName) -> Named:
    """By the volunteer; for a minor, with the guardian, at the desk.

    Raises `guardian_at_desk`, `state_forbids`, `not_found`, `forbidden`.
    """
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    home = volunteer.station_id if volunteer else volunteer_id
    require_volunteer(call.actor, "volunteer.write", volunteer_id, home)
    person = await store.people.find(volunteer_id)
    if volunteer is None:
        raise not_found("volunteer")
    if person is None:
        state = volunteer.state(local_date(call.now))
        raise refuse("state_forbids", kind="conflict", state=state)
    if request.named:
        await _give(call, person, request)
    else:
        call.notes.unchanged = not await store.recognitions.take_consent_back(
            volunteer_id, call.now
        )
    call.notes.changed(None, named=request.named)
    return Named(volunteer_id=volunteer_id, named=request.named)


async def _give(call: Call, person: SealedPerson, request: ConsentToName) -> None:
    at_desk = isinstance(call.actor, Staff)
    if not at_desk and is_minor(person.birth_date, local_date(call.now)):
        raise refuse("guardian_at_desk", "named")
    if await store.recognitions.consented([person.volunteer_id]):
        call.notes.unchanged = True
        return
    consent = NameConsent(
        id=ids.uuid7(),
        volunteer_id=person.volunteer_id,
        text_version=request.text_version,
        given_at=call.now,
        recorded_by=call.actor.id if isinstance(call.actor, Staff) else None,
    )
    await store.recognitions.give_consent(consent)
