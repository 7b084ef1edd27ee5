"""Registering: the open form, the desk, the materials check, declining, claims."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.enrolment import Application, enrol, note_registration
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.document import Document
from volunteer_svc.domain.errors import Fault, Refusal, not_found, refuse
from volunteer_svc.domain.events import VolunteerDeclined
from volunteer_svc.domain.policy import Policy
from volunteer_svc.domain.registration import (
    Form,
    Item,
    Material,
    check_form,
    missing_items,
    registered,
)
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity.people import document_hash, seal_form
from volunteer_svc.identity.permissions import require, require_staff, station_scope
from volunteer_svc.store.claims import Claim
from volunteer_svc.store.registrations import RegistrationRow


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An open self-registration at a station."""

    station_id: UUID
    form: Form


class Receipt(msgspec.Struct, frozen=True):
    """Accepted for processing. Always the same answer, so nobody learns who is a volunteer."""

    receipt: str


class Tick(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was handed in of one item. A photo has no original; its copy is the photo itself."""

    item: Item
    original_seen: bool = False
    copy_received: bool = False


class Enrol(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paper form typed in at the desk, with the materials seen."""

    station_id: UUID
    form: Form
    materials: Annotated[list[Tick], Meta(max_length=3)] = []


class CheckMaterials(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    materials: Annotated[list[Tick], Meta(min_length=1, max_length=3)]


class Decline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: RequiredReason


class RegistrationView(msgspec.Struct, frozen=True, kw_only=True):
    """A registration with what is still missing; `state` is the volunteer's."""

    registration: RegistrationRow
    member_no: str | None
    state: str
    materials: list[Material]
    missing: list[Item]


class ClaimView(msgspec.Struct, frozen=True, kw_only=True):
    """A claim without its form: who it concerns, where and since when it waits."""

    id: UUID
    receipt: str
    volunteer_id: UUID
    station_id: UUID
    received_at: datetime


class EnrolOutcome(msgspec.Struct, frozen=True, kw_only=True):
    volunteer_id: UUID
    registration_id: UUID
    member_no: str | None
    state: str
    receipt: str


@command
async def register(call: Call, request: Register) -> Receipt:
    """Open registration (R1, R10). Raises the form's faults; a known person becomes a claim."""
    today = local_date(call.now)
    policy = await store.policies.policy_on(today)
    document = await _checked(request, policy, applied_on_faults(request.form, call))
    volunteer = await _known(document)
    if volunteer is not None and not volunteer.may_register_again(today):
        claim = Claim(
            id=ids.uuid7(),
            receipt=ids.receipt(),
            volunteer_id=volunteer.id,
            station_id=request.station_id,
            form_sealed=b"",
            received_at=call.now,
        )
        sealed = seal_form(request.form, claim.id)
        await store.claims.insert(msgspec.structs.replace(claim, form_sealed=sealed))
        return Receipt(claim.receipt)
    journal = Journal(call, {volunteer.id: volunteer} if volunteer else {}, policy)
    application = Application(
        form=request.form,
        document=document,
        station_id=request.station_id,
        channel="self",
        volunteer=volunteer,
    )
    (enrolled,) = await enrol(journal, [application], actor=call.actor, now=call.now, policy=policy)
    await journal.write()
    return Receipt(enrolled.receipt)


@command
async def enrol_volunteer(call: Call, request: Enrol) -> EnrolOutcome:
    """Registration at the desk. Raises `already_registered` (409) with the member number."""
    require(call.actor, "registration.write", request.station_id)
    staff = require_staff(call.actor)
    today = local_date(call.now)
    policy = await store.policies.policy_on(today)
    document = await _checked(request, policy, paper_date_faults(request.form, call))
    volunteer = await _known(document)
    if volunteer is not None and not volunteer.may_register_again(today):
        raise refuse(
            "already_registered",
            "form.document_number",
            kind="conflict",
            member_no=volunteer.member_no or "",
            volunteer_id=str(volunteer.id),
        )
    application = Application(
        form=request.form,
        document=document,
        station_id=request.station_id,
        channel="staff",
        volunteer=volunteer,
        materials=[material(tick, staff.id, call) for tick in request.materials],
        materials_on=today,
    )
    journal = Journal(call, {volunteer.id: volunteer} if volunteer else {}, policy)
    (enrolled,) = await enrol(journal, [application], actor=call.actor, now=call.now, policy=policy)
    await journal.write()
    return EnrolOutcome(
        volunteer_id=enrolled.volunteer.id,
        registration_id=enrolled.registration.id,
        member_no=enrolled.volunteer.member_no,
        state=enrolled.volunteer.state(today),
        receipt=enrolled.receipt,
    )


@command
async def check_materials(
    call: Call, registration_id: UUID, request: CheckMaterials, revision: int | None
) -> RegistrationView:
    """Tick materials (R2); complete, the person is registered today and the window opens (R3)."""
    staff = require_staff(call.actor)
    row, volunteer = await _open_row(call, registration_id, revision)
    today = local_date(call.now)
    ticked = [material(tick, staff.id, call) for tick in request.materials]
    await store.registrations.save_materials((ids.uuid7(), row.id, m) for m in ticked)
    materials = await store.registrations.materials(row.id)
    policy = await store.policies.policy_on(today)
    journal = Journal(call, {volunteer.id: volunteer}, policy)
    registration = volunteer.registrations[-1]
    if not missing_items(materials, household_local=row.household_local):
        registration = registered(registration, today, policy)
        if volunteer.member_no is None:
            (number,) = await store.volunteers.next_member_numbers(1)
            journal.change(msgspec.structs.replace(volunteer, member_no=number))
    journal.change_registration(volunteer.id, registration)
    note_registration(journal, volunteer.id, registration)
    await journal.write()
    return await _view(registration_id, call)


@command
async def decline(
    call: Call, registration_id: UUID, request: Decline, revision: int | None
) -> RegistrationView:
    """Decline an application whose materials are not complete; the person may apply again."""
    require_staff(call.actor)
    row, volunteer = await _open_row(call, registration_id, revision)
    today = local_date(call.now)
    journal = Journal(call, {volunteer.id: volunteer}, await store.policies.policy_on(today))
    declined = msgspec.structs.replace(volunteer.registrations[-1], declined_on=today)
    journal.change_registration(volunteer.id, declined)
    journal.note(
        volunteer.id,
        VolunteerDeclined(
            volunteer_id=volunteer.id,
            station_id=row.station_id,
            registration_id=row.id,
            declined_on=today,
        ),
        station_id=row.station_id,
    )
    await journal.write()
    await store.registrations.note_reason(row.id, "decline_reason", request.reason)
    return await _view(registration_id, call)


@command
async def read_registration(call: Call, registration_id: UUID) -> RegistrationView:
    """Raises `not_found`, `forbidden`."""
    row = await store.registrations.find(registration_id)
    if row is None:
        raise not_found("registration")
    require(call.actor, "volunteer.read", row.station_id)
    return await _view(registration_id, call)


@command
async def resolve_claim(call: Call, claim_id: UUID) -> None:
    """Staff have spoken with the person behind a claim; it leaves the work list."""
    staff = require_staff(call.actor)
    claim = await store.claims.find(claim_id)
    if claim is None:
        raise not_found("claim")
    require(staff, "registration.write", claim.station_id)
    if not await store.claims.resolve(claim_id, staff.id, call.now):
        raise not_found("claim")


async def registrations(
    call: Call, *, station_id: UUID | None, open_only: bool, after: UUID | None, limit: int
) -> list[RegistrationRow]:
    """Registrations of a station, or of all for those who see all. `open_only`: the work list."""
    scope = station_scope(call.actor, "volunteer.read")
    if station_id is not None:
        require(call.actor, "volunteer.read", station_id)
    return await store.registrations.listing(
        station_id=station_id or scope, open_only=open_only, after=after, limit=limit
    )


async def open_claims(call: Call, *, after: UUID | None, limit: int) -> list[ClaimView]:
    """Claims that wait, at the actor's station or at all."""
    station_id = station_scope(call.actor, "registration.write")
    claims = await store.claims.listing(station_id=station_id, after=after, limit=limit)
    return [
        ClaimView(**{name: getattr(claim, name) for name in ClaimView.__struct_fields__})
        for claim in claims
    ]


def material(tick: Tick, staff_id: UUID, call: Call) -> Material:
    """A tick, signed."""
    return Material(
        item=tick.item,
        original_seen_by=staff_id if tick.original_seen else None,
        original_seen_at=call.now if tick.original_seen else None,
        copy_received_at=call.now if tick.copy_received else None,
    )


def applied_on_faults(form: Form, call: Call) -> list[Fault]:
    """Who registers himself applies today."""
    today = local_date(call.now)
    if form.applied_on == today:
        return []
    return [Fault("applied_on_not_today", "applied_on", {"today": today.isoformat()})]


def paper_date_faults(form: Form, call: Call) -> list[Fault]:
    """A paper form may be older, never younger."""
    return [Fault("date_in_future", "applied_on")] if form.applied_on > local_date(call.now) else []


async def _checked(request: Register | Enrol, policy: Policy, faults: list[Fault]) -> Document:
    document, found = check_form(request.form, policy)
    faults = [
        msgspec.structs.replace(fault, field=f"form.{fault.field}") for fault in (*found, *faults)
    ]
    if not await store.stations.existing({request.station_id}):
        faults.append(Fault("station_unknown", "station_id"))
    if document is None or faults:
        raise Refusal(*faults)
    return document


async def _known(document: Document) -> Volunteer | None:
    """Who has this document already, locked; nobody else can register it until the end."""
    hashed = document_hash(document)
    await store.people.hold_documents([hashed])
    volunteer_id = (await store.volunteers.ids_by_document([hashed])).get(hashed)
    if volunteer_id is None:
        return None
    return (await store.volunteers.lock([volunteer_id]))[volunteer_id]


async def _open_row(
    call: Call, registration_id: UUID, revision: int | None
) -> tuple[RegistrationRow, Volunteer]:
    """An application that is still open, its volunteer locked; checks the right and the edit."""
    row = await store.registrations.find(registration_id)
    if row is None:
        raise not_found("registration")
    require(call.actor, "registration.write", row.station_id)
    volunteer = (await store.volunteers.lock([row.volunteer_id]))[row.volunteer_id]
    row = await store.registrations.find(registration_id) or row
    if revision is not None and revision != row.revision:
        raise refuse("changed_meanwhile", kind="stale")
    state = volunteer.state(local_date(call.now))
    if volunteer.registrations[-1].id != row.id or state != "applied":
        raise refuse("registration_not_open", kind="conflict", state=state)
    return row, volunteer


async def _view(registration_id: UUID, call: Call) -> RegistrationView:
    row = await store.registrations.find(registration_id)
    if row is None:
        raise not_found("registration")
    volunteer = (await store.volunteers.load([row.volunteer_id]))[row.volunteer_id]
    materials = await store.registrations.materials(row.id)
    missing: list[Item] = []
    if row.registered_on is None:
        missing = missing_items(materials, household_local=row.household_local)
    return RegistrationView(
        registration=row,
        member_no=volunteer.member_no,
        state=volunteer.state(local_date(call.now)),
        materials=materials,
        missing=missing,
    )
