"""Correcting a record: the difference as a new ledger entry, with who asked and why."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.approvals import post_correction
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.correction import decide_correction
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.service_record import DAY_MINUTES, Level, Refused, Waiting
from volunteer_svc.domain.text import RequiredReason, Short
from volunteer_svc.identity.permissions import require, require_staff
from volunteer_svc.store.corrections import Correction
from volunteer_svc.store.service_records import RecordRow


class Correct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the record shall stand at (0 reverses it), why, and who asked for it."""

    minutes: Annotated[int, Meta(ge=0, le=DAY_MINUTES)]
    reason: RequiredReason
    requested_by: Short = ""


class CorrectionOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """Counted at once, or waiting for a second person."""

    correction_id: UUID
    outcome: Literal["counted", "waiting"]
    level: Level | None = None
    why: str | None = None


@command
async def correct_record(call: Call, record_id: UUID, request: Correct) -> CorrectionOutcome:
    """Raises `not_found`, `forbidden`, `correction_waiting` (409) or the rule's refusal."""
    staff = require_staff(call.actor, "record.correct")
    record = await store.service_records.find(record_id)
    if record is None:
        raise not_found("service_record")
    require(staff, "record.correct", record.station_id)
    volunteers = await store.volunteers.lock([record.volunteer_id])
    record = (await store.service_records.load([record_id]))[record_id]
    if await store.corrections.waiting_of([record_id]):
        raise refuse("correction_waiting", kind="conflict")
    policies = await store.policies.load()
    owner, day = record.volunteer_id, record.served_on
    taken = await store.service_records.taken({owner: (day, day)})
    total = taken.day_minutes.get((owner, day), 0)
    decision = decide_correction(
        record.standing(),
        request.minutes,
        total - record.standing_minutes + request.minutes,
        corrector=staff,
        policy=policies.on(local_date(call.now)),
    )
    if isinstance(decision, Refused):
        conflict = decision.faults[0].code == "record_not_counted"
        raise Refusal(*decision.faults, kind="conflict" if conflict else "rule")
    waiting = decision if isinstance(decision, Waiting) else None
    correction = Correction(
        id=ids.uuid7(),
        record_id=record.id,
        volunteer_id=record.volunteer_id,
        station_id=record.station_id,
        minutes_before=record.standing_minutes,
        minutes_after=request.minutes,
        state="waiting" if waiting else "counted",
        level=waiting.level if waiting else None,
        why=waiting.why if waiting else None,
        reason=request.reason,
        requested_by=request.requested_by,
        entered_by=staff.id,
        entered_at=call.now,
    )
    await store.corrections.insert(correction)
    call.notes.changed(
        f"service_record/{record.id}",
        {"minutes": correction.minutes_before},
        {"minutes": correction.minutes_after},
        correction_id=correction.id,
        state=correction.state,
        volunteer_id=record.volunteer_id,
    )
    if waiting:
        return CorrectionOutcome(
            correction_id=correction.id, outcome="waiting", level=waiting.level, why=waiting.why
        )
    journal = Journal(call, volunteers, policies)
    await post_correction(call, journal, correction)
    await journal.write()
    return CorrectionOutcome(correction_id=correction.id, outcome="counted")


async def reverse(
    call: Call,
    journal: Journal,
    record: RecordRow,
    *,
    by: UUID,
    reason: str,
    requested_by: str = "",
) -> None:
    """Inside a command that decides it: nothing of a counted record stands from here on.

    `by`: the account that answers for it.
    """
    correction = Correction(
        id=ids.uuid7(),
        record_id=record.id,
        volunteer_id=record.volunteer_id,
        station_id=record.station_id,
        minutes_before=record.standing_minutes,
        minutes_after=0,
        state="counted",
        level=None,
        why=None,
        reason=reason,
        requested_by=requested_by,
        entered_by=by,
        entered_at=call.now,
    )
    await store.corrections.insert(correction)
    await post_correction(call, journal, correction)
