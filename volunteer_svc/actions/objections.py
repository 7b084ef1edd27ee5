"""Objections: a volunteer says a record of his is wrong, the station verifies in time (R17)."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.events import ObjectionClosed, ObjectionOpened
from volunteer_svc.domain.objection import Outcome, answer_fault, is_overdue
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.identity import person_keys
from volunteer_svc.identity.permissions import (
    reads_free_text,
    require,
    require_staff,
    require_volunteer,
    stations_seen,
)
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.store import database
from volunteer_svc.store.objections import Objection


class Object(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wrong with the record, and how it was."""

    text: Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[^\u0000]*$")]


class AnswerObjection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`corrected`: the record was mended since; `kept`: it is right, and why."""

    outcome: Outcome
    reason: RequiredReason


class ObjectionView(msgspec.Struct, frozen=True, kw_only=True):
    """`due_on`: the last day for the answer. `calendar`: the year's holidays are not known.

    `text` is None once the person was erased, and for who reads no free text.
    """

    id: UUID
    record_id: UUID
    volunteer_id: UUID
    station_id: UUID
    text: str | None
    opened_at: datetime
    due_on: date
    overdue: bool
    calendar: Literal["approximate"] | None
    outcome: Outcome | None
    reason: str | None
    closed_at: datetime | None


@command
async def open_objection(call: Call, record_id: UUID, request: Object) -> ObjectionView:
    """By the volunteer to a record of his own, or written down by the desk for him.

    Raises `objection_open` (409), `not_found`, `forbidden`.
    """
    record = await store.service_records.find(record_id)
    owner, place = (record.volunteer_id, record.station_id) if record else (record_id, record_id)
    require_volunteer(call.actor, "objection.write", owner, place)
    if record is None:
        raise not_found("service_record")
    volunteers = await store.volunteers.lock([owner])
    if not volunteers[owner].is_there:
        state = volunteers[owner].state(local_date(call.now))
        raise refuse("state_forbids", kind="conflict", state=state)
    today = local_date(call.now)
    policies = await store.policies.load()
    calendar = await store.policies.work_calendar()
    due = calendar.deadline(today, policies.on(today).objection_workdays)
    key = await person_keys.ensured(owner)
    objection_id = ids.uuid7()
    objection = Objection(
        id=objection_id,
        record_id=record_id,
        volunteer_id=owner,
        station_id=record.station_id,
        text_sealed=key.seal(request.text.encode(), _place(objection_id)),
        entered_by=call.actor.id if isinstance(call.actor, Staff) else None,
        opened_at=call.now,
        due_on=due.on,
        due_approximate=due.approximate,
    )
    try:
        await store.objections.insert(objection)
    except database.Violation:
        raise refuse("objection_open", kind="conflict") from None
    journal = Journal(call, volunteers, policies)
    event = ObjectionOpened(
        objection_id=objection_id,
        volunteer_id=owner,
        record_id=record_id,
        station_id=record.station_id,
        due_on=due.on,
    )
    journal.note(owner, event, station_id=record.station_id)
    await journal.write()
    call.notes.changed(f"service_record/{record_id}", objection_id=objection_id, due_on=due.on)
    return objection_view(objection, key, today)


@command
async def close_objection(
    call: Call, objection_id: UUID, request: AnswerObjection
) -> ObjectionView:
    """The station's answer, after it verified (R17).

    Raises `objection_closed` (409), `own_objection`, `correction_missing`,
    `second_person_required`, `state_forbids` (409) for somebody erased, `not_found`, `forbidden`.
    """
    staff = require_staff(call.actor, "objection.answer")
    objection = await store.objections.find(objection_id)
    require(staff, "objection.answer", objection.station_id if objection else objection_id)
    if objection is None:
        raise not_found("objection")
    volunteers = await store.volunteers.lock([objection.volunteer_id])
    if volunteers[objection.volunteer_id].erased_on is not None:
        raise refuse("state_forbids", kind="conflict", state="erased")
    record = await store.service_records.find(objection.record_id)
    fault = answer_fault(
        request.outcome,
        staff,
        volunteer_id=objection.volunteer_id,
        entered_by=record.entered_by if record else None,
        mended=await store.objections.mended(objection),
    )
    if objection.closed_at is None and fault is not None:
        raise Refusal(fault)
    if not await store.objections.close(
        objection_id, request.outcome, request.reason, staff.id, call.now
    ):
        raise refuse("objection_closed", kind="conflict")
    today = local_date(call.now)
    journal = Journal(call, volunteers, await store.policies.load())
    event = ObjectionClosed(
        objection_id=objection_id,
        volunteer_id=objection.volunteer_id,
        record_id=objection.record_id,
        station_id=objection.station_id,
        outcome=request.outcome,
        closed_on=today,
        overdue=today > objection.due_on,
    )
    journal.note(objection.volunteer_id, event, station_id=objection.station_id)
    await journal.write()
    call.notes.changed(f"service_record/{objection.record_id}", outcome=request.outcome)
    keys = await person_keys.of([objection.volunteer_id])
    closed = await store.objections.find(objection_id) or objection
    return objection_view(closed, keys.get(objection.volunteer_id), today)


@reading
async def open_objections(
    call: Call, *, station_id: UUID | None, overdue: bool, after: UUID | None, limit: int
) -> list[ObjectionView]:
    """What waits for the station's answer, the next due first; `overdue`: only what is late."""
    where = stations_seen(call.actor, "objection.answer", station_id)
    today = local_date(call.now)
    rows = await store.objections.listing(
        station_id=where, overdue_on=today if overdue else None, after=after, limit=limit
    )
    return await _views(rows, today)


@reading
async def objections_of(
    call: Call, volunteer_id: UUID, *, after: UUID | None, limit: int
) -> list[ObjectionView]:
    """A volunteer's objections with their answers. Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "record.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["objections"])
    rows = await store.objections.of(volunteer_id, after=after, limit=limit)
    views = await _views(rows, local_date(call.now))
    if reads_free_text(call.actor):
        return views
    return [msgspec.structs.replace(view, text=None, reason=None) for view in views]


async def _views(rows: list[Objection], today: date) -> list[ObjectionView]:
    keys = await person_keys.of({row.volunteer_id for row in rows})
    return [objection_view(row, keys.get(row.volunteer_id), today) for row in rows]


def objection_view(row: Objection, key: PersonKey | None, today: date) -> ObjectionView:
    text = key.open(row.text_sealed, _place(row.id)).decode() if key and row.text_sealed else None
    return ObjectionView(
        id=row.id,
        record_id=row.record_id,
        volunteer_id=row.volunteer_id,
        station_id=row.station_id,
        text=text,
        opened_at=row.opened_at,
        due_on=row.due_on,
        overdue=is_overdue(row.due_on, row.closed_at is not None, today),
        calendar="approximate" if row.due_approximate else None,
        outcome=row.outcome,
        reason=row.reason,
        closed_at=row.closed_at,
    )


def _place(objection_id: UUID) -> str:
    return f"objection/{objection_id}"
