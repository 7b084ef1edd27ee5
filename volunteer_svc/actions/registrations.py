"""Registering at the desk: the form typed in, the materials check, declining."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.enrolment import Application, Enrolled, enrol, note_registration
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.document import Document, check_document
from volunteer_svc.domain.errors import Fault, Refusal, not_found, refuse
from volunteer_svc.domain.events import VolunteerDeclined
from volunteer_svc.domain.policy import Policies
from volunteer_svc.domain.registration import (
    Form,
    Item,
    Material,
    check_form,
    missing_items,
    registered,
)
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.domain.volunteer import State, Volunteer
from volunteer_svc.identity import person_keys
from volunteer_svc.identity.people import document_hash, open_form, seal_person
from volunteer_svc.identity.permissions import granted, require, require_staff, stations_seen
from volunteer_svc.store.registrations import RegistrationRow


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


class EnrolOutcome(msgspec.Struct, frozen=True, kw_only=True):
    volunteer_id: UUID
    registration_id: UUID
    member_no: str | None
    state: str
    receipt: str


@command
async def enrol_volunteer(call: Call, request: Enrol) -> EnrolOutcome:
    """Registration at the desk. Raises `already_registered` (409) with the member number."""
    require(call.actor, "registration.write", request.station_id)
    staff = require_staff(call.actor, "registration.write")
    today = local_date(call.now)
    policies = await store.policies.load()
    faults = [*paper_date_faults(request.form, call), *tick_faults(request.materials)]
    document = await checked_document(call, request.station_id, request.form, policies, faults)
    volunteer = await holder_of(document)
    over_since = volunteer.over_since(today) if volunteer is not None else None
    if volunteer is not None and over_since is None:
        raise refuse(
            "already_registered",
            "form.document_number",
            kind="conflict",
            member_no=volunteer.member_no or "",
            volunteer_id=str(volunteer.id),
        )
    if over_since is not None and request.form.applied_on < over_since:
        raise refuse("applied_before_end", "form.applied_on", since=over_since.isoformat())
    application = Application(
        form=request.form,
        document=document,
        station_id=request.station_id,
        channel="staff",
        volunteer=volunteer,
        materials=[material(tick, staff.id, call) for tick in request.materials],
        materials_on=today,
    )
    journal = Journal(call, {volunteer.id: volunteer} if volunteer else {}, policies)
    (enrolled,) = await enrol(call, journal, [application], policies)
    await journal.write()
    note_enrolled(call, enrolled)
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
    staff = require_staff(call.actor, "registration.write")
    faults = tick_faults(request.materials)
    if faults:
        raise Refusal(*faults)
    row, volunteer = await _open_row(call, registration_id, revision)
    ticked = [material(tick, staff.id, call) for tick in request.materials]
    await _tick(call, row, volunteer, ticked)
    return await _view(registration_id, call)


async def tick_photo(call: Call, registration_id: UUID, staff_id: UUID) -> None:
    """Inside a command: staff took the photo in. Of an open registration at another station than
    theirs nothing is ticked."""
    scope = stations_seen(call.actor, "registration.write")
    row = await store.registrations.find(registration_id)
    if row is None or scope not in (None, row.station_id):
        return
    row, volunteer = await _open_row(call, registration_id, None)
    tick = Tick(item="photo", copy_received=True)
    await _tick(call, row, volunteer, [material(tick, staff_id, call)])


async def _tick(
    call: Call, row: RegistrationRow, volunteer: Volunteer, ticked: Sequence[Material]
) -> None:
    """Write ticks; complete, the person is registered today."""
    today = local_date(call.now)
    await store.registrations.save_materials((ids.uuid7(), row.id, m) for m in ticked)
    materials = await store.registrations.materials(row.id)
    policies = await store.policies.load()
    journal = Journal(call, {volunteer.id: volunteer}, policies)
    registration = volunteer.registrations[-1]
    if not missing_items(materials, household_local=row.household_local):
        registration = registered(registration, today, policies.on(registration.applied_on))
        member_no = volunteer.member_no
        if member_no is None:
            (member_no,) = await store.volunteers.next_member_numbers(1)
        # Now that the document was seen, the form is believed: station and contacts follow it.
        journal.change(
            msgspec.structs.replace(volunteer, member_no=member_no, station_id=row.station_id)
        )
        await _take_over_form(volunteer.id, registration.id)
        if isinstance(call.actor, Staff):
            await store.accounts.note_phone_setter([volunteer.id], call.actor.id)
    journal.change_registration(volunteer.id, registration)
    note_registration(journal, volunteer.id, registration)
    await journal.write()
    call.notes.changed(
        None,
        volunteer.registrations[-1],
        registration,
        volunteer_id=volunteer.id,
        materials=[one.item for one in ticked],
    )


@command
async def decline(
    call: Call, registration_id: UUID, request: Decline, revision: int | None
) -> RegistrationView:
    """Decline an application whose materials are not complete; the person may apply again."""
    require_staff(call.actor, "registration.write")
    row, volunteer = await _open_row(call, registration_id, revision)
    today = local_date(call.now)
    journal = Journal(call, {volunteer.id: volunteer}, await store.policies.load())
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
    call.notes.changed(None, volunteer.registrations[-1], declined, volunteer_id=volunteer.id)
    return await _view(registration_id, call)


@reading
async def read_registration(call: Call, registration_id: UUID) -> RegistrationView:
    """Raises `not_found`, `forbidden`."""
    row = await store.registrations.find(registration_id)
    if row is None:
        raise not_found("registration")
    require(call.actor, "volunteer.read", row.station_id)
    call.notes.looked(row.volunteer_id, fields=["registration"])
    return await _view(registration_id, call)


@reading
async def registrations(
    call: Call, *, station_id: UUID | None, open_only: bool, after: UUID | None, limit: int
) -> list[RegistrationRow]:
    """Registrations of a station, or of all for those who see all. `open_only`: the work list."""
    rows = await store.registrations.listing(
        station_id=stations_seen(call.actor, "volunteer.read", station_id),
        open_on=local_date(call.now) if open_only else None,
        after=after,
        limit=limit,
    )
    return [_shown(row, call) for row in rows]


@reading
async def newest_registrations(
    call: Call,
    *,
    station_id: UUID | None,
    state: State | None,
    before: UUID | None,
    limit: int,
) -> list[tuple[RegistrationRow, State]]:
    """Newest first behind `before`, each with how it stands today. Raises `forbidden`."""
    rows = await store.registrations.newest(
        today=local_date(call.now),
        station_id=stations_seen(call.actor, "volunteer.read", station_id),
        state=state,
        before=before,
        limit=limit,
    )
    return [(_shown(row, call), state) for row, state in rows]


def _shown(row: RegistrationRow, call: Call) -> RegistrationRow:
    """Free text stays at the stations: it may name people (R12)."""
    if granted(call.actor, "registration.write") is not None:
        return row
    return msgspec.structs.replace(row, decline_reason=None)


def note_enrolled(call: Call, enrolled: Enrolled) -> None:
    """What the trail says of an enrolment."""
    call.notes.changed(
        f"volunteer/{enrolled.volunteer.id}", None, enrolled.registration,
        member_no=enrolled.volunteer.member_no,
    )  # fmt: skip


def material(tick: Tick, staff_id: UUID, call: Call) -> Material:
    """A tick, signed."""
    return Material(
        item=tick.item,
        original_seen_by=staff_id if tick.original_seen else None,
        original_seen_at=call.now if tick.original_seen else None,
        copy_received_at=call.now if tick.copy_received else None,
    )


def paper_date_faults(form: Form, call: Call) -> list[Fault]:
    """A paper form may be older, never younger."""
    return (
        [Fault("date_in_future", "form.applied_on")]
        if form.applied_on > local_date(call.now)
        else []
    )


def tick_faults(ticks: Sequence[Tick]) -> list[Fault]:
    """An item stands once on the list."""
    items = [tick.item for tick in ticks]
    return [
        Fault("item_repeated", f"materials[{n}].item")
        for n, item in enumerate(items)
        if item in items[:n]
    ]


async def checked_document(
    call: Call, station_id: UUID, form: Form, policies: Policies, faults: list[Fault]
) -> Document:
    """The document of a form, checked by the rules of the day of application, at the latest today.

    Raises all faults of the form, and `faults` besides.
    """
    today = local_date(call.now)
    policy = policies.on(min(form.applied_on, today))
    document, found = check_form(form, policy)
    found = [msgspec.structs.replace(fault, field=f"form.{fault.field}") for fault in found]
    faults = [*found, *faults]
    if not await store.stations.is_open(station_id, today):
        faults.append(Fault("station_unknown", "station_id"))
    if document is None or faults:
        raise Refusal(*faults)
    return document


async def _take_over_form(volunteer_id: UUID, registration_id: UUID) -> None:
    """Name, phone and the rest as the registration's form has them."""
    sealed = await store.registrations.form_sealed(registration_id)
    key = await person_keys.ensured(volunteer_id)
    form = open_form(key, sealed, registration_id)
    document = check_document(form.document_kind, form.document_number)
    if isinstance(document, Document):
        language = await store.people.language(volunteer_id)
        await store.people.update(seal_person(key, form, document, language))


async def holder_of(document: Document) -> Volunteer | None:
    """Who has this document already, locked; nobody else can register it until the end."""
    hashed = document_hash(document)
    await store.people.hold_documents([hashed])
    volunteer_id = (await store.volunteers.ids_by_document([hashed])).get(hashed)
    if volunteer_id is None:
        return None
    volunteer = (await store.volunteers.lock([volunteer_id]))[volunteer_id]
    # Erased or merged while we waited for the lock: the document is nobody's, or another's.
    return volunteer if volunteer.is_there else await holder_of(document)


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
        registration=_shown(row, call),
        member_no=volunteer.member_no,
        state=volunteer.state(local_date(call.now)),
        materials=materials,
        missing=missing,
    )
