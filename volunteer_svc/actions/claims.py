"""Claims: open registrations of people already known, for the desk to resolve."""

from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.errors import not_found
from volunteer_svc.domain.registration import Form
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity import person_keys
from volunteer_svc.identity.people import open_form, seal_form
from volunteer_svc.identity.permissions import require, require_staff, stations_seen
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.store.claims import Claim


class ClaimView(msgspec.Struct, frozen=True, kw_only=True):
    """A claim with what the form says: the desk calls back and looks at who it is."""

    id: UUID
    receipt: str
    volunteer_id: UUID
    station_id: UUID
    name: str
    phone: str
    received_at: datetime


async def open_claim(call: Call, volunteer: Volunteer, form: Form, receipt: str) -> None:
    """File a claim at the locked volunteer's home station, inside a command."""
    claim_id = ids.uuid7()
    key = await person_keys.ensured(volunteer.id)
    claim = Claim(
        id=claim_id,
        receipt=receipt,
        volunteer_id=volunteer.id,
        station_id=volunteer.station_id,
        form_sealed=seal_form(key, form, claim_id),
        received_at=call.now,
    )
    await store.claims.insert(claim)
    call.notes.changed(f"claim/{claim.id}", volunteer_id=volunteer.id)


@reading
async def open_claims(call: Call, *, after: UUID | None, limit: int) -> list[ClaimView]:
    """Claims that wait, at the actor's station or at all."""
    station_id = stations_seen(call.actor, "registration.write")
    waiting = await store.claims.listing(station_id=station_id, after=after, limit=limit)
    for claim in waiting:
        # Shown in full, because the desk calls back.
        call.notes.looked(claim.volunteer_id, fields=["claim"], purpose="contact")
    keys = await person_keys.of({claim.volunteer_id for claim in waiting})
    return [_view(claim, keys.get(claim.volunteer_id)) for claim in waiting]


def _view(claim: Claim, key: PersonKey | None) -> ClaimView:
    form = open_form(key, claim.form_sealed, claim.id)
    return ClaimView(
        id=claim.id,
        receipt=claim.receipt,
        volunteer_id=claim.volunteer_id,
        station_id=claim.station_id,
        name=form.name,
        phone=form.phone,
        received_at=claim.received_at,
    )


@command
async def resolve_claim(call: Call, claim_id: UUID) -> None:
    """Staff have spoken with the person behind a claim; it leaves the work list."""
    staff = require_staff(call.actor, "registration.write")
    claim = await store.claims.find(claim_id)
    if claim is None:
        raise not_found("claim")
    require(staff, "registration.write", claim.station_id)
    if not await store.claims.resolve(claim_id, staff.id, call.now):
        raise not_found("claim")
    call.notes.changed(None, volunteer_id=claim.volunteer_id)
