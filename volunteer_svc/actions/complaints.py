"""Complaints: written down, heard within three working days, closed with an outcome (R14)."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.evaluations import Evaluate, evaluated
from volunteer_svc.domain.actor import Self, Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.complaint import (
    Contact,
    Direction,
    Outcome,
    closing_fault,
    handling_fault,
)
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.events import ComplaintClosed, ComplaintOpened, Event
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity import person_keys
from volunteer_svc.identity.permissions import (
    require,
    require_staff,
    require_volunteer,
    stations_seen,
)
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.store.complaints import Complaint
from volunteer_svc.store.outbox import Raised

Said = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[^\u0000]*$")]


class Complain(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`about`: by somebody about the volunteer; `by`: by the volunteer himself. Who complained and
    how to reach him belongs into the text."""

    direction: Direction
    text: Said


class NoteContact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The head called or met who complained, on what day, and what was said."""

    contact: Contact
    on: date
    words: Said


class CloseComplaint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`evaluation`: what it means for how the volunteer's service is judged, if anything."""

    outcome: Outcome
    words: Said
    evaluation: Evaluate | None = None


class ComplaintView(msgspec.Struct, frozen=True, kw_only=True):
    """`due_on`: the last day to call or meet. `calendar`: the year's holidays are not known.

    The texts are None once the volunteer was erased, and for staff whom it is about.
    """

    id: UUID
    volunteer_id: UUID
    station_id: UUID
    direction: Direction
    text: str | None
    opened_at: datetime
    due_on: date
    overdue: bool
    calendar: Literal["approximate"] | None
    contact: Contact | None
    contacted_on: date | None
    contact_words: str | None
    outcome: Outcome | None
    outcome_words: str | None
    closed_at: datetime | None


@command
async def open_complaint(call: Call, volunteer_id: UUID, request: Complain) -> ComplaintView:
    """At the desk of the volunteer's station, or by the volunteer himself (only `by`).

    Raises `state_forbids`, `not_found`, `forbidden`.
    """
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    home = volunteer.station_id if volunteer else volunteer_id
    require_volunteer(call.actor, "complaint.write", volunteer_id, home)
    if volunteer is None:
        raise not_found("volunteer")
    if isinstance(call.actor, Self) and request.direction != "by":
        raise refuse("own_complaint", "direction")
    today = local_date(call.now)
    if not volunteer.is_there:
        raise refuse("state_forbids", kind="conflict", state=volunteer.state(today))
    complaint, key = await _new(call, volunteer, request)
    await store.complaints.insert(complaint)
    event = ComplaintOpened(
        complaint_id=complaint.id,
        station_id=complaint.station_id,
        direction=complaint.direction,
        due_on=complaint.due_on,
    )
    await _tell(call, complaint, event)
    # Of whom it tells is the complaint's own secret, also from those who read the trail.
    call.notes.subject = f"complaint/{complaint.id}"
    call.notes.changed(None, direction=complaint.direction, due_on=complaint.due_on)
    return complaint_view(complaint, key, today)


async def _new(call: Call, volunteer: Volunteer, request: Complain) -> tuple[Complaint, PersonKey]:
    today = local_date(call.now)
    policy = (await store.policies.load()).on(today)
    due = (await store.policies.work_calendar()).deadline(today, policy.complaint_workdays)
    key = await person_keys.ensured(volunteer.id)
    complaint_id = ids.uuid7()
    return Complaint(
        id=complaint_id,
        volunteer_id=volunteer.id,
        station_id=volunteer.station_id,
        direction=request.direction,
        text_sealed=key.seal(request.text.encode(), _place(complaint_id, "text")),
        opened_by=call.actor.id if isinstance(call.actor, Staff) else None,
        opened_at=call.now,
        due_on=due.on,
        due_approximate=due.approximate,
    ), key


@command
async def note_contact(call: Call, complaint_id: UUID, request: NoteContact) -> ComplaintView:
    """R14: the head called or met who complained. Raises `contact_noted` (409),
    `complaint_closed` (409), `date_in_future`, `date_before_complaint`, `own_complaint`."""
    staff, complaint = await _handled(call, complaint_id)
    if complaint.contacted_on is not None:
        raise refuse("contact_noted", kind="conflict")
    today = local_date(call.now)
    if request.on > today:
        raise refuse("date_in_future", "on")
    if request.on < local_date(complaint.opened_at):
        raise refuse("date_before_complaint", "on")
    key = await person_keys.ensured(complaint.volunteer_id)
    noted = msgspec.structs.replace(
        complaint,
        contact=request.contact,
        contacted_on=request.on,
        contacted_by=staff.id,
        contact_sealed=key.seal(request.words.encode(), _place(complaint_id, "contact")),
    )
    await store.complaints.save(noted)
    call.notes.changed(None, contact=request.contact, contacted_on=request.on)
    return complaint_view(noted, key, today)


@command
async def close_complaint(call: Call, complaint_id: UUID, request: CloseComplaint) -> ComplaintView:
    """With its outcome, and an evaluation where the service was at fault.

    Raises `contact_missing`, `complaint_closed` (409), `own_complaint`, `words_required`,
    `not_found`, `forbidden`.
    """
    staff, complaint = await _handled(call, complaint_id)
    fault = closing_fault(request.outcome, complaint.contacted_on)
    if fault is not None:
        raise Refusal(fault)
    if request.evaluation is not None:
        await evaluated(
            call, staff, request.evaluation, volunteer_id=complaint.volunteer_id,
            station_id=complaint.station_id, complaint_id=complaint_id,
        )  # fmt: skip
    today = local_date(call.now)
    key = await person_keys.ensured(complaint.volunteer_id)
    closed = msgspec.structs.replace(
        complaint,
        outcome=request.outcome,
        outcome_sealed=key.seal(request.words.encode(), _place(complaint_id, "outcome")),
        closed_by=staff.id,
        closed_at=call.now,
        version=complaint.version + 1,
    )
    await store.complaints.save(closed)
    event = ComplaintClosed(
        complaint_id=complaint_id,
        station_id=complaint.station_id,
        outcome=request.outcome,
        closed_on=today,
        overdue=closed.clock.overdue(today),
    )
    await _tell(call, closed, event)
    call.notes.changed(None, outcome=request.outcome)
    return complaint_view(closed, key, today)


@reading
async def open_complaints(
    call: Call, *, station_id: UUID | None, overdue: bool, after: UUID | None, limit: int
) -> list[ComplaintView]:
    """What waits for the head, the next due first; `overdue`: only what is late. What is said of
    himself he does not read here."""
    where = stations_seen(call.actor, "complaint.answer", station_id)
    today = local_date(call.now)
    rows = await store.complaints.listing(
        station_id=where, overdue_on=today if overdue else None, after=after, limit=limit
    )
    keys = await person_keys.of({row.volunteer_id for row in rows})
    for row in rows:
        call.notes.looked(row.volunteer_id, fields=["complaints"])
    staff = require_staff(call.actor, "complaint.answer")
    for row in rows:
        if handling_fault(staff, row.volunteer_id) is not None:
            keys.pop(row.volunteer_id, None)
    return [complaint_view(row, keys.get(row.volunteer_id), today) for row in rows]


@reading
async def complaints_by(
    call: Call, volunteer_id: UUID, *, after: UUID | None, limit: int
) -> list[ComplaintView]:
    """What a volunteer complained of himself. Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "complaint.write", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["complaints"])
    rows = await store.complaints.by_volunteer(volunteer_id, after=after, limit=limit)
    key = (await person_keys.of([volunteer_id])).get(volunteer_id)
    return [complaint_view(row, key, local_date(call.now)) for row in rows]


async def _handled(call: Call, complaint_id: UUID) -> tuple[Staff, Complaint]:
    """Who handles it, and the complaint, locked. With an erased volunteer all of it is over."""
    staff = require_staff(call.actor, "complaint.answer")
    complaint = await store.complaints.lock(complaint_id)
    require(staff, "complaint.answer", complaint.station_id if complaint else complaint_id)
    if complaint is None:
        raise not_found("complaint")
    fault = handling_fault(staff, complaint.volunteer_id)
    if fault is not None:
        raise Refusal(fault)
    if complaint.closed_at is not None:
        raise refuse("complaint_closed", kind="conflict")
    volunteer = (await store.volunteers.load([complaint.volunteer_id]))[complaint.volunteer_id]
    if volunteer.erased_on is not None:
        raise refuse("state_forbids", kind="conflict", state="erased")
    return staff, complaint


async def _tell(call: Call, complaint: Complaint, event: Event) -> None:
    raised = Raised(
        event=event,
        version=complaint.version,
        station_id=complaint.station_id,
        happened_at=call.now,
        trace=call.trace,
    )
    await store.outbox.append([raised])


def complaint_view(row: Complaint, key: PersonKey | None, today: date) -> ComplaintView:
    def opened(sealed: bytes | None, part: str) -> str | None:
        return key.open(sealed, _place(row.id, part)).decode() if key and sealed else None

    return ComplaintView(
        id=row.id,
        volunteer_id=row.volunteer_id,
        station_id=row.station_id,
        direction=row.direction,
        text=opened(row.text_sealed, "text"),
        opened_at=row.opened_at,
        due_on=row.due_on,
        overdue=row.clock.overdue(today),
        calendar="approximate" if row.due_approximate else None,
        contact=row.contact,
        contacted_on=row.contacted_on,
        contact_words=opened(row.contact_sealed, "contact"),
        outcome=row.outcome,
        outcome_words=opened(row.outcome_sealed, "outcome"),
        closed_at=row.closed_at,
    )


def _place(complaint_id: UUID, part: str) -> str:
    return f"complaint/{complaint_id}/{part}"
