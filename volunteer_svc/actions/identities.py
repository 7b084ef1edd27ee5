"""Mending mistyped data of a person, at county level, with a trail."""

from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.journal import Journal
from volunteer_svc.actions.volunteer_view import VolunteerView, shown_one
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import has_reached, local_date
from volunteer_svc.domain.document import Document, DocumentKind, Sex, check_document
from volunteer_svc.domain.errors import Fault, Refusal, not_found, refuse
from volunteer_svc.domain.events import VolunteerUpdated
from volunteer_svc.domain.text import Name, RequiredReason
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity import people, person_keys
from volunteer_svc.identity.people import Identity
from volunteer_svc.identity.permissions import require, require_staff
from volunteer_svc.store.identities import IdentityCorrection


class CorrectIdentity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How it should read; what is not given stays. `reason`: what it was checked against."""

    name: Name | None = None
    sex: Sex | None = None
    birth_date: date | None = None
    document_kind: DocumentKind | None = None
    document_number: Name | None = None
    reason: RequiredReason


@command
async def correct_identity(
    call: Call, volunteer_id: UUID, request: CorrectIdentity, revision: int | None
) -> VolunteerView:
    """Mend name, sex, birth date or document; what stood there before is kept sealed.

    Raises the document's faults, `under_minimum_age`, `already_registered` (409) when the number
    is somebody else's, `identity_unchanged`, `state_forbids`, `not_found`, `forbidden`.
    """
    staff = county_account(call)
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    person = await store.people.find(volunteer_id)
    if volunteer is None:
        raise not_found("volunteer")
    if person is None or not volunteer.is_there:
        raise state_forbids(volunteer, call)
    require_other(staff, volunteer_id)
    if revision is not None and revision != volunteer.revision:
        raise refuse("changed_meanwhile", kind="stale")
    key = await person_keys.ensured(volunteer_id)
    before = people.identity_of(key, person)
    asked = {
        name: value
        for name in ("name", "sex", "birth_date", "document_kind", "document_number")
        if (value := getattr(request, name)) is not None
    }
    after = msgspec.structs.replace(before, **asked)
    document = await _checked(after, volunteer)
    after = msgspec.structs.replace(after, document_number=document.number)
    fields = [name for name in asked if getattr(before, name) != getattr(after, name)]
    if not fields:
        raise refuse("identity_unchanged")
    await _require_free(document, volunteer_id)
    correction_id = ids.uuid7()
    await store.identities.insert_correction(
        IdentityCorrection(
            id=correction_id,
            volunteer_id=volunteer_id,
            fields=fields,
            before_sealed=people.seal_trail(key, before, correction_id),
            reason=request.reason,
            corrected_by=staff.id,
            corrected_at=call.now,
        )
    )
    if "document_number" in fields:
        await store.identities.forget_document(volunteer_id, person.document_hash)
    await store.people.update(people.with_identity(person, key, after, document))
    await _mend_open_form(volunteer, after)
    call.notes.changed(None, fields=sorted(fields), correction_id=correction_id)
    journal = Journal(call, {volunteer_id: volunteer}, await store.policies.load())
    journal.change(msgspec.structs.replace(volunteer, revision=volunteer.revision + 1))
    event = VolunteerUpdated(
        volunteer_id=volunteer_id, station_id=volunteer.station_id, fields=tuple(sorted(fields))
    )
    journal.note(volunteer_id, event, station_id=volunteer.station_id)
    if "name" in fields:
        stated = await store.certificates.valid_of(volunteer_id)
        await journal.supersede(stated, "identity_corrected")
    await journal.write()
    return await shown_one(call, (await store.volunteers.load([volunteer_id]))[volunteer_id])


async def _checked(identity: Identity, volunteer: Volunteer) -> Document:
    """The document, which has to agree with what is said beside it (GB 11643, R1)."""
    document = check_document(identity.document_kind, identity.document_number)
    if isinstance(document, Fault):
        raise Refusal(document)
    faults = []
    if document.birth_date not in (None, identity.birth_date):
        faults.append(Fault("birth_date_differs", "birth_date"))
    if document.sex not in (None, identity.sex):
        faults.append(Fault("sex_differs", "sex"))
    policies = await store.policies.load()
    for registration in volunteer.registrations:
        least = policies.on(registration.applied_on).min_age
        if not has_reached(identity.birth_date, least, registration.applied_on):
            faults.append(Fault("under_minimum_age", "birth_date", {"min_age": least}))
            break
    if faults:
        raise Refusal(*faults)
    return document


async def _require_free(document: Document, volunteer_id: UUID) -> None:
    hashed = people.document_hash(document)
    await store.people.hold_documents([hashed])
    owner = (await store.volunteers.ids_by_document([hashed])).get(hashed, volunteer_id)
    if owner != volunteer_id:
        other = (await store.volunteers.load([owner]))[owner]
        raise refuse(
            "already_registered",
            "document_number",
            kind="conflict",
            member_no=other.member_no or "",
            volunteer_id=str(owner),
        )


async def _mend_open_form(volunteer: Volunteer, identity: Identity) -> None:
    """The form of an application: once the materials are complete, the file follows it."""
    latest = volunteer.registrations[-1]
    if latest.registered_on is None:
        key = await person_keys.ensured(volunteer.id)
        sealed = await store.registrations.form_sealed(latest.id)
        form = msgspec.structs.replace(
            people.open_form(key, sealed, latest.id), **msgspec.structs.asdict(identity)
        )
        await store.people.reseal_form(
            "registration", latest.id, people.seal_form(key, form, latest.id)
        )


def county_account(call: Call) -> Staff:
    require(call.actor, "volunteer.correct")
    return require_staff(call.actor, "volunteer.correct")


def require_other(staff: Staff, volunteer_id: UUID) -> None:
    """Nobody mends his own file."""
    if staff.volunteer_id == volunteer_id:
        raise refuse("own_hours", kind="forbidden")


def state_forbids(volunteer: Volunteer, call: Call) -> Refusal:
    state = volunteer.state(local_date(call.now))
    return refuse("state_forbids", kind="conflict", state=state)
