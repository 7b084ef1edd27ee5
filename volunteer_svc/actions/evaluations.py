"""Evaluating the quality of service, record by record: a grade and words (令第67号 评价情况)."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.activity import Activity
from volunteer_svc.domain.actor import Actor, Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, Refusal, not_found, refuse
from volunteer_svc.domain.text import Line
from volunteer_svc.identity.permissions import (
    reads_free_text,
    require,
    require_staff,
    require_volunteer,
    stations_seen,
)
from volunteer_svc.store.evaluations import Evaluation, Judged
from volunteer_svc.store.service_records import RecordRow

ENTRIES_MAX = 500
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
    fault = _fault(staff, volunteer_id, request)
    if fault is not None:
        raise Refusal(fault)
    volunteer = (await store.volunteers.lock([volunteer_id]))[volunteer_id]
    if volunteer.erased_on is not None:
        raise refuse("state_forbids", kind="conflict", state="erased")
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


class Judgement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of one record; `grade` None: not judged."""

    record_id: UUID
    grade: Grade | None = None
    words: Line = ""


class EvaluateActivity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What already stands so is not written again."""

    entries: Annotated[list[Judgement], Meta(min_length=1, max_length=ENTRIES_MAX)]


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's service at an activity, and how it was judged last."""

    record: RecordRow
    evaluation: Evaluation | None


class ActivityEvaluations(msgspec.Struct, frozen=True, kw_only=True):
    activity: Activity
    served: list[Served]


@command
async def evaluate_activity(
    call: Call, activity_id: UUID, request: EvaluateActivity
) -> list[Evaluation]:
    """Everybody who served there at once. Those written anew.

    Raises `not_of_activity`, `own_evaluation`, `words_required`, `state_forbids` (erased since),
    one for each entry, `not_found`, `forbidden`.
    """
    staff = require_staff(call.actor, "evaluation.write")
    activity = await _activity(staff, activity_id)
    records = {one.id: one for one in await store.service_records.of_activity(activity_id)}
    known = await store.evaluations.of_records(records)
    served = [records[one.record_id] for one in request.entries if one.record_id in records]
    there = await store.volunteers.lock({one.volunteer_id for one in served})
    made, faults = [], []
    for n, entry in enumerate(request.entries):
        record = records.get(entry.record_id)
        if record is None:
            faults.append(Fault("not_of_activity", f"entries[{n}].record_id"))
            continue
        last = known.get(entry.record_id)
        same = last is not None and (last.grade, last.words) == (entry.grade, entry.words)
        if entry.grade is None or same:
            continue
        if there[record.volunteer_id].erased_on is not None:
            faults.append(Fault("state_forbids", f"entries[{n}].grade", {"state": "erased"}))
            continue
        judged = Evaluate(grade=entry.grade, words=entry.words)
        fault = _fault(staff, record.volunteer_id, judged)
        if fault is not None:
            at = f"entries[{n}].{fault.field or 'grade'}"
            faults.append(msgspec.structs.replace(fault, field=at))
            continue
        made.append((record, judged))
    if faults:
        raise Refusal(*faults)
    written = [
        await evaluated(
            call, staff, judged, volunteer_id=record.volunteer_id, station_id=activity.station_id,
            record_id=record.id,
        )
        for record, judged in sorted(made, key=lambda one: one[0].volunteer_id)
    ]  # fmt: skip
    call.notes.changed(None, evaluations=len(written))
    call.notes.unchanged = not written
    return written


@reading
async def activity_evaluations(call: Call, activity_id: UUID) -> ActivityEvaluations:
    """Who served at an activity, and how it was judged. Raises `not_found`, `forbidden`."""
    activity = await _activity(call.actor, activity_id)
    records = await store.service_records.of_activity(activity_id)
    known = await store.evaluations.of_records([one.id for one in records])
    for one in records:
        call.notes.looked(one.volunteer_id, fields=["evaluations"])
    served = [Served(record=one, evaluation=known.get(one.id)) for one in records]
    return ActivityEvaluations(activity=activity, served=served)


@reading
async def activities_served(
    call: Call, *, station_id: UUID | None, before: datetime | None, limit: int
) -> list[Judged]:
    """Activities that hours counted for, the last first, with how much of them was judged."""
    where = stations_seen(call.actor, "evaluation.write", station_id)
    return await store.evaluations.activities(
        station_id=where, before=before or call.now, limit=limit
    )


async def _activity(actor: Actor, activity_id: UUID) -> Activity:
    """Raises `not_found`, `forbidden`."""
    activity = await store.activities.find(activity_id)
    require(actor, "evaluation.write", activity.station_id if activity else activity_id)
    if activity is None:
        raise not_found("activity")
    return activity


def _fault(staff: Staff, volunteer_id: UUID, request: Evaluate) -> Fault | None:
    """Nobody evaluates himself, and a poor grade says why."""
    if staff.volunteer_id == volunteer_id:
        return Fault("own_evaluation")
    if request.grade < 3 and not request.words.strip():  # noqa: PLR2004 - the middle of the scale
        return Fault("words_required", "words")
    return None


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
    rows = await store.evaluations.of(volunteer_id, after=after, limit=limit)
    if reads_free_text(call.actor):
        return rows
    return [msgspec.structs.replace(row, words="") for row in rows]
