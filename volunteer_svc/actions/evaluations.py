"""Evaluating the quality of service, record by record: a grade and words (令第67号 评价情况)."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.text import Line
from volunteer_svc.identity.permissions import require, require_staff, require_volunteer
from volunteer_svc.store.evaluations import Evaluation

Grade = Annotated[int, Meta(ge=1, le=5)]


class Evaluate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`grade` 1 (poor) to 5 (excellent); below 3 the words say why."""

    grade: Grade
    words: Line = ""


@command
async def evaluate_record(call: Call, record_id: UUID, request: Evaluate) -> Evaluation:
    """Raises `own_evaluation`, `words_required`, `record_not_counted` (409), `not_found`."""
    staff = require_staff(call.actor, "evaluation.write")
    record = await store.service_records.find(record_id)
    require(staff, "evaluation.write", record.station_id if record else record_id)
    if record is None:
        raise not_found("service_record")
    if record.state != "counted":
        raise refuse("record_not_counted", kind="conflict")
    evaluation = await evaluated(
        call, staff, request, volunteer_id=record.volunteer_id, station_id=record.station_id,
        record_id=record_id,
    )  # fmt: skip
    call.notes.changed(f"volunteer/{record.volunteer_id}", record_id=record_id, grade=request.grade)
    return evaluation


async def evaluated(
    call: Call,
    staff: Staff,
    request: Evaluate,
    *,
    volunteer_id: UUID,
    station_id: UUID,
    record_id: UUID | None = None,
    complaint_id: UUID | None = None,
) -> Evaluation:
    """Inside a running command: write an evaluation. Nobody evaluates himself."""
    if staff.volunteer_id == volunteer_id:
        raise refuse("own_evaluation")
    if request.grade < 3 and not request.words.strip():  # noqa: PLR2004 - the middle of the scale
        raise refuse("words_required", "words")
    await store.volunteers.lock([volunteer_id])
    evaluation = Evaluation(
        id=ids.uuid7(),
        volunteer_id=volunteer_id,
        station_id=station_id,
        record_id=record_id,
        complaint_id=complaint_id,
        grade=request.grade,
        words=request.words,
        evaluated_on=local_date(call.now),
        evaluated_by=staff.id,
        evaluated_at=call.now,
    )
    await store.evaluations.insert(evaluation)
    return evaluation


@reading
async def evaluations_of(
    call: Call, volunteer_id: UUID, *, after: UUID | None, limit: int
) -> list[Evaluation]:
    """A volunteer reads his own (R17). Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "record.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["evaluations"])
    return await store.evaluations.of(volunteer_id, after=after, limit=limit)
