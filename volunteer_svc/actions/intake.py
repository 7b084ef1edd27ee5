"""Open registration: everybody's form is taken in alike; whose it is, a worker finds out.

A known person's form becomes a claim and a new one's a registration, which is not the same work.
So the request does neither: its time, like its answer, tells nobody who is a volunteer.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions import claims, files
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.enrolment import Application, enrol
from volunteer_svc.actions.journal import Journal
from volunteer_svc.actions.registrations import checked_document, holder_of, note_enrolled
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.document import Document, check_document
from volunteer_svc.domain.errors import Fault, Refusal
from volunteer_svc.domain.file import SIDE_MAX
from volunteer_svc.domain.registration import Form
from volunteer_svc.i18n import DEFAULT, Language
from volunteer_svc.identity.people import document_hash
from volunteer_svc.identity.permissions import require
from volunteer_svc.identity.vault import VaultError, vault
from volunteer_svc.images.pictures import Picture, take_in
from volunteer_svc.store.intake import StuckRow
from volunteer_svc.store.outbox import Trace

WAITS_SECONDS = (60, 120, 300, 900, 3_600, 10_800, 43_200, 86_400)
"""By the tries so far, how long a form that cannot be taken up waits; later ones as the last. The
first is also how long a killed worker's form waits."""
STUCK_TRIES = 5
"""So often in vain: a person should look."""
_PAGE = 500


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An open self-registration at a station."""

    station_id: UUID
    form: Form


class Receipt(msgspec.Struct, frozen=True):
    """Accepted for processing. Always the same answer, so nobody learns who is a volunteer."""

    receipt: str


class HandedIn(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept, sealed, until it is taken up."""

    request: Register
    receipt: str
    trace: Trace
    photo: Picture | None = None
    language: Language = DEFAULT


Problem = Literal["form_unreadable", "form_fails"]
"""Cannot be opened: its key is missing, or it is damaged. Or is opened, and taking it up fails:
the worker's log says at what."""


class StuckForm(msgspec.Struct, frozen=True):
    """A form nobody has seen yet. `station_id` and `receipt` are null if it cannot be opened."""

    id: UUID
    received_at: datetime
    tries: int
    next_try_at: datetime
    station_id: UUID | None = None
    receipt: str | None = None


class StuckAge(msgspec.Struct, frozen=True):
    """A stuck form for whoever runs the service, without whose it is."""

    received_at: datetime
    tries: int
    next_try_at: datetime
    problem: Problem


@command
async def register(
    call: Call, request: Register, photo: Picture | None = None, language: Language = DEFAULT
) -> Receipt:
    """Open registration (R1, R10). Raises the form's faults, which are the same for everybody.

    `photo` was drawn anew (`taken_photo`) before this transaction. `language`: in which the form
    was filled in; somebody new is written to in it from now on.
    """
    policies = await store.policies.load()
    faults = _not_today(call, request)
    await checked_document(call, request.station_id, request.form, policies, faults)
    intake_id, receipt = ids.uuid7(), ids.receipt()
    handed_in = HandedIn(
        request=request, receipt=receipt, trace=call.trace, photo=photo, language=language
    )
    sealed = vault().seal(msgspec.json.encode(handed_in), place(intake_id))
    await store.intake.insert(intake_id, sealed, call.now)
    return Receipt(receipt)


async def take_up_next(call: Call) -> bool:
    """For the worker: make a registration or a claim of the next form; False when none is due."""
    intake_id = await store.intake.claim(call.now, WAITS_SECONDS)
    if intake_id is None:
        return False
    await _take_up(call, intake_id)
    return True


@command
async def _take_up(call: Call, intake_id: UUID) -> None:
    """As of the moment at which it was handed in, under the receipt that was given."""
    row = await store.intake.take(intake_id)
    if row is None:
        call.notes.unchanged = True
        return
    plain = vault().open(row.form_sealed, place(intake_id))
    handed_in = msgspec.json.decode(plain, type=HandedIn)
    call = msgspec.structs.replace(call, now=row.received_at, trace=handed_in.trace)
    form = handed_in.request.form
    document = check_document(form.document_kind, form.document_number)
    if not isinstance(document, Document):
        raise AssertionError("it was checked when it was handed in")  # noqa: TRY004 - a bug
    volunteer = await holder_of(document)
    if volunteer is not None and volunteer.over_since(local_date(call.now)) is None:
        await claims.open_claim(call, volunteer, form, handed_in.receipt)
        return
    policies = await store.policies.load()
    journal = Journal(call, {volunteer.id: volunteer} if volunteer else {}, policies)
    application = Application(
        form=form,
        document=document,
        station_id=handed_in.request.station_id,
        channel="self",
        volunteer=volunteer,
        receipt=handed_in.receipt,
        language=handed_in.language,
    )
    (enrolled,) = await enrol(call, journal, [application], policies)
    await journal.write()
    if handed_in.photo is not None and volunteer is None:
        # Of somebody who has a file already, whoever filled in a form changes no photo.
        await files.keep_photo(call, enrolled.volunteer.id, handed_in.photo)
    note_enrolled(call, enrolled)


async def taken_photo(content: bytes) -> Picture:
    """A photo that comes with the open form. Raises the image's refusals at the field `photo`."""
    try:
        return await take_in(content, side_max=SIDE_MAX["photo"])
    except Refusal as refusal:
        faults = (msgspec.structs.replace(one, field="photo") for one in refusal.faults)
        raise Refusal(*faults, kind=refusal.kind) from None


@reading
async def stuck_ages(call: Call, *, limit: int) -> list[StuckAge]:
    """The stuck forms, the oldest first, for whoever may do nothing but see to it."""
    require(call.actor, "subscription.read")
    rows = await store.intake.stuck(STUCK_TRIES, after=None, limit=limit)
    return [
        StuckAge(row.received_at, row.tries, row.due_at,
                 "form_fails" if _opened(row) else "form_unreadable")
        for row in rows
    ]  # fmt: skip


async def stuck_forms(call: Call, *, after: UUID | None, limit: int) -> list[StuckForm]:
    """Forms handed in that cannot be taken up: a fault of ours, never of who filled them in."""
    require(call.actor, "registration.write")
    rows = await store.intake.stuck(STUCK_TRIES, after=after, limit=limit)
    return [_stuck(row) for row in rows]


def _stuck(row: StuckRow) -> StuckForm:
    handed_in = _opened(row)
    if handed_in is None:
        return StuckForm(row.id, row.received_at, row.tries, row.due_at)
    station_id = handed_in.request.station_id
    return StuckForm(row.id, row.received_at, row.tries, row.due_at, station_id, handed_in.receipt)


def _opened(row: StuckRow) -> HandedIn | None:
    try:
        plain = vault().open(row.form_sealed, place(row.id))
        return msgspec.json.decode(plain, type=HandedIn)
    except (VaultError, msgspec.MsgspecError):  # that is why it is stuck
        return None


def _not_today(call: Call, request: Register) -> list[Fault]:
    """Who registers himself applies today."""
    today = local_date(call.now)
    if request.form.applied_on == today:
        return []
    return [Fault("applied_on_not_today", "form.applied_on", {"today": today.isoformat()})]


async def forget_forms_of(document_hashes: Collection[bytes]) -> None:
    """Drop what was handed in with these documents and not taken up, inside a command."""
    ring, after = vault(), UUID(int=0)
    while page := await store.intake.page(after, _PAGE):
        after = page[-1][0]
        for intake_id, sealed in page:
            plain = ring.open(sealed, place(intake_id))
            form = msgspec.json.decode(plain, type=HandedIn).request.form
            document = check_document(form.document_kind, form.document_number)
            if isinstance(document, Document) and document_hash(document) in document_hashes:
                await store.intake.take(intake_id)


def place(intake_id: UUID) -> str:
    """Where a sealed form belongs."""
    return f"intake/{intake_id}"
