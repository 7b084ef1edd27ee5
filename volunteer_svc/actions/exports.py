"""All data of a person: for himself, or by the station when he asks there."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.actions.export_handling import Handling, handling_of
from volunteer_svc.actions.export_life import Life, life_of
from volunteer_svc.actions.rights import CorrectionRequestView, request_view
from volunteer_svc.domain.actor import Self
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.hours import hours_shown
from volunteer_svc.domain.registration import Form, Material
from volunteer_svc.domain.text import Reason
from volunteer_svc.domain.volunteer import State, Volunteer
from volunteer_svc.identity import people, person_keys
from volunteer_svc.identity.people import Identity
from volunteer_svc.identity.permissions import require_volunteer
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.store.corrections import Correction
from volunteer_svc.store.exports import AttendedSession, FiledForm, Recognised, SuspensionRow
from volunteer_svc.store.files import File
from volunteer_svc.store.identities import Merge
from volunteer_svc.store.inductions import SignUp
from volunteer_svc.store.ledger import LedgerRow, StarRow
from volunteer_svc.store.registrations import RegistrationRow
from volunteer_svc.store.rights import Withdrawal
from volunteer_svc.store.service_records import RecordRow

T = TypeVar("T")
_PAGE = 1_000


class AskExport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reason`: staff say on whose request; the volunteer himself needs none."""

    reason: Reason = ""


class PersonData(msgspec.Struct, frozen=True, kw_only=True):
    """Who it is, nothing masked."""

    name: str
    sex: str
    birth_date: date
    document_kind: str
    document_number: str
    phone: str | None
    address: str | None
    area: str
    skills: str
    service_category: str | None
    language: str


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A registration with its form as filled in and the materials seen."""

    registration: RegistrationRow
    form: Form | None
    materials: list[Material]


class ClaimForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form that came in while the person was registered already."""

    received_at: datetime
    form: Form


class MendedIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What was mended, and how it read before."""

    corrected_at: datetime
    fields: list[str]
    before: Identity
    reason: str


class MergedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A second file of the same person, merged into this one; its hours stand here.

    `life`, `handling`, `files`: what stayed there when both became one, as it was sealed with its
    own key.
    """

    volunteer_id: UUID
    member_no: str | None
    before: Identity
    registrations: list[Enrolment]
    claims: list[ClaimForm]
    inductions: list[AttendedSession]
    life: Life
    handling: Handling
    files: list[File]


class PersonExport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything kept about one volunteer. Minutes; hours are for people, rounded down."""

    exported_at: datetime
    volunteer_id: UUID
    member_no: str | None
    station_id: UUID
    state: State
    counted_minutes: int
    counted_hours: str
    star: int
    identity: PersonData
    registrations: list[Enrolment]
    claims: list[ClaimForm]
    inductions: list[AttendedSession]
    induction_sign_up: SignUp | None
    suspensions: list[SuspensionRow]
    service_records: list[RecordRow]
    corrections: list[Correction]
    ledger: list[LedgerRow]
    stars: list[StarRow]
    recognitions: list[Recognised]
    correction_requests: list[CorrectionRequestView]
    consents_withdrawn: list[Withdrawal]
    identity_corrections: list[MendedIdentity]
    merged_files: list[MergedFile]
    files: list[File]
    """What is downloaded on its own: photo, copies of documents."""
    life: Life
    handling: Handling


@reading
async def export_person(call: Call, volunteer_id: UUID, request: AskExport) -> PersonExport:
    """Raises `not_found`, `forbidden`, `reason_required` for staff, `state_forbids` for somebody
    erased."""
    volunteer = (await store.volunteers.load([volunteer_id])).get(volunteer_id)
    station_id = volunteer.station_id if volunteer else volunteer_id
    require_volunteer(call.actor, "volunteer.export", volunteer_id, station_id)
    if volunteer is None:
        raise not_found("volunteer")
    if not isinstance(call.actor, Self) and not request.reason.strip():
        raise refuse("reason_required", "reason")
    if not volunteer.is_there:
        state = volunteer.state(local_date(call.now))
        raise refuse("state_forbids", kind="conflict", state=state)
    key = await person_keys.ensured(volunteer_id)
    call.notes.looked(
        volunteer_id,
        fields=["everything"],
        purpose="own_request",
        reason_sealed=people.seal_reason(key, request.reason),
    )
    return PersonExport(
        exported_at=call.now,
        volunteer_id=volunteer_id,
        member_no=volunteer.member_no,
        station_id=volunteer.station_id,
        state=volunteer.state(local_date(call.now)),
        counted_minutes=volunteer.counted_minutes,
        counted_hours=hours_shown(volunteer.counted_minutes),
        star=volunteer.star,
        identity=await _identity(key, volunteer_id),
        registrations=await _enrolments(key, volunteer),
        claims=await _claims(key, volunteer_id),
        inductions=await store.exports.attended(volunteer_id),
        induction_sign_up=await store.inductions.sign_up_of(volunteer_id),
        suspensions=await store.exports.suspensions(volunteer_id),
        service_records=await _records(volunteer_id),
        corrections=await store.exports.corrections(volunteer_id),
        ledger=await _ledger(volunteer_id),
        stars=await store.ledger.stars_of(volunteer_id),
        recognitions=await store.exports.recognised(volunteer_id),
        correction_requests=[
            request_view(row, key, local_date(call.now))
            for row in await store.rights.requests_of(volunteer_id)
        ],
        consents_withdrawn=await store.rights.withdrawals_of(volunteer_id),
        identity_corrections=[
            MendedIdentity(
                corrected_at=row.corrected_at,
                fields=row.fields,
                before=people.open_trail(key, row.before_sealed, row.id),
                reason=row.reason,
            )
            for row in await store.identities.corrections_of(volunteer_id)
        ],
        merged_files=[
            await _merged(key, merge, call.now)
            for merge in await store.identities.merges_into(volunteer_id)
        ],
        files=await store.files.all_current(volunteer_id),
        life=await life_of(key, volunteer_id, local_date(call.now)),
        handling=await handling_of(volunteer_id, call.now),
    )


async def _identity(key: PersonKey, volunteer_id: UUID) -> PersonData:
    person = await store.people.find(volunteer_id)
    if person is None:
        raise not_found("volunteer")
    return PersonData(
        name=person.name,
        sex=person.sex,
        birth_date=person.birth_date,
        document_kind=person.document_kind,
        document_number=people.opened_document(key, person),
        phone=people.opened_phone(key, person),
        address=people.opened_address(key, person),
        area=person.area,
        skills=person.skills,
        service_category=person.service_category,
        language=person.language,
    )


async def _merged(key: PersonKey, merge: Merge, now: datetime) -> MergedFile:
    volunteer = (await store.volunteers.load([merge.duplicate_id]))[merge.duplicate_id]
    own = await person_keys.ensured(volunteer.id)
    return MergedFile(
        volunteer_id=volunteer.id,
        member_no=volunteer.member_no,
        before=people.open_trail(key, merge.before_sealed, merge.id),
        registrations=await _enrolments(own, volunteer),
        claims=await _claims(own, volunteer.id),
        inductions=await store.exports.attended(volunteer.id),
        life=await life_of(own, volunteer.id, local_date(now)),
        handling=await handling_of(volunteer.id, now),
        files=await store.files.all_current(volunteer.id),
    )


async def _claims(key: PersonKey, volunteer_id: UUID) -> list[ClaimForm]:
    return [
        ClaimForm(received_at=filed.received_at, form=_form(key, filed))
        for filed in await store.exports.claim_forms(volunteer_id)
    ]


async def _enrolments(key: PersonKey, volunteer: Volunteer) -> list[Enrolment]:
    forms = {
        filed.id: _form(key, filed)
        for filed in await store.exports.registration_forms(volunteer.id)
    }
    enrolments = []
    for registration in volunteer.registrations:
        row = await store.registrations.find(registration.id)
        if row is not None:
            materials = await store.registrations.materials(row.id)
            form = forms.get(row.id)
            enrolments.append(Enrolment(registration=row, form=form, materials=materials))
    return enrolments


def _form(key: PersonKey, filed: FiledForm) -> Form:
    return people.open_form(key, filed.form_sealed, filed.id)


async def _records(volunteer_id: UUID) -> list[RecordRow]:
    async def page(last: RecordRow | None) -> list[RecordRow]:
        return await store.service_records.listing(
            station_id=None, volunteer_id=volunteer_id, state=None,
            after=last.id if last else None, limit=_PAGE,
        )  # fmt: skip

    return await _all(page)


async def _ledger(volunteer_id: UUID) -> list[LedgerRow]:
    async def page(last: LedgerRow | None) -> list[LedgerRow]:
        after = last.seq if last else 0
        return await store.ledger.entries_of(volunteer_id, after=after, limit=_PAGE)

    return await _all(page)


async def _all(page: Callable[[T | None], Awaitable[list[T]]]) -> list[T]:
    rows = await page(None)
    while len(rows) % _PAGE == 0 and rows and (more := await page(rows[-1])):
        rows += more
    return rows
