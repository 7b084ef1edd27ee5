"""The second person: approving and rejecting what waits, one by one or in bulk."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.journal import Journal
from volunteer_svc.actions.recording import post_service
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.approval import Item, decision_fault
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, Refusal, not_found
from volunteer_svc.domain.events import ServiceCorrected, ServiceRejected
from volunteer_svc.domain.ledger import Posting
from volunteer_svc.domain.report_clock import Clock, clock_of
from volunteer_svc.domain.service_record import Level
from volunteer_svc.domain.star import Cause
from volunteer_svc.domain.text import Reason
from volunteer_svc.identity.permissions import require, require_staff, stations_seen
from volunteer_svc.store.corrections import Correction
from volunteer_svc.store.service_records import RecordRow

DECISIONS_MAX = 1_000


class Decide(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Approve or reject one waiting record or correction; a rejection says why."""

    kind: Literal["record", "correction"]
    id: UUID
    decision: Literal["approve", "reject"]
    reason: Reason = ""


class Decisions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    decisions: Annotated[list[Decide], Meta(min_length=1, max_length=DECISIONS_MAX)]


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one decision."""

    id: UUID
    outcome: Literal["approved", "rejected", "refused"]
    faults: tuple[Fault, ...] = ()


class DecisionsOutcome(msgspec.Struct, frozen=True):
    """One outcome per decision, in order."""

    outcomes: list[Decided]


class WaitingItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for a second person: a record, or a correction with its record.

    `level` decides it, `why` says why it waits. `refused`: the code why it is not for the caller
    to decide, as what he entered himself; None: he may.
    `clock`: of a volunteer's own report, until when it is to be answered.
    """

    kind: Literal["record", "correction"]
    id: UUID
    level: Level
    why: str
    refused: str | None
    record: RecordRow
    correction: Correction | None = None
    clock: Clock | None = None


async def waiting(
    call: Call,
    *,
    station_id: UUID | None,
    level: Level | None = None,
    after: UUID | None,
    limit: int,
) -> list[WaitingItem]:
    """What waits at a station, or at all for those who see all, in the order it was entered;
    `level`: only what the station, or the county, decides."""
    where = stations_seen(call.actor, "record.approve", station_id)
    staff = require_staff(call.actor, "record.approve")
    records = await store.service_records.waiting(
        station_id=where, level=level, after=after, limit=limit
    )
    corrections = await store.corrections.waiting(
        station_id=where, level=level, after=after, limit=limit
    )
    corrected = await store.service_records.load({c.record_id for c in corrections})
    both: list[RecordRow | Correction] = [*records, *corrections]
    in_reach = await store.accounts.in_reach({one.volunteer_id for one in both})
    policies, calendar = await store.policies.load(), await store.policies.work_calendar()
    today = local_date(call.now)
    items = [
        WaitingItem(
            kind="correction" if isinstance(one, Correction) else "record",
            id=one.id,
            level=one.level or "station",
            why=one.why or "",
            refused=fault.code if (fault := decision_fault(_item(one, in_reach), staff)) else None,
            record=corrected[one.record_id] if isinstance(one, Correction) else one,
            correction=one if isinstance(one, Correction) else None,
            clock=clock_of(local_date(one.entered_at), today, policies, calendar)
            if isinstance(one, RecordRow) and one.evidence == "self"
            else None,
        )
        for one in both
    ]
    return sorted(items, key=lambda item: item.id)[:limit]


def _item(waits: RecordRow | Correction, in_reach: dict[UUID, frozenset[UUID]]) -> Item:
    own_report = isinstance(waits, RecordRow) and waits.evidence == "self"
    return Item(
        volunteer_id=waits.volunteer_id,
        entered_by=waits.entered_by,
        in_reach_of=in_reach.get(waits.volunteer_id, frozenset()) if own_report else frozenset(),
        station_id=waits.station_id,
        level=waits.level or "station",
    )


@command
async def decide_waiting(call: Call, request: Decisions) -> DecisionsOutcome:
    """Decide items that wait; one that may not be decided spoils no other."""
    staff = require_staff(call.actor, "record.approve")
    stations_seen(staff, "record.approve")
    records, corrections = await _load(request)
    owners = {r.volunteer_id for r in records.values()} | {
        c.volunteer_id for c in corrections.values()
    }
    volunteers = await store.volunteers.lock(owners)
    # Read again under the locks: somebody else may have decided in between.
    records, corrections = await _load(request)
    in_reach = await store.accounts.in_reach(owners)
    head = await store.staffing.delegator(staff.id, local_date(call.now))
    journal = Journal(call, volunteers, await store.policies.load())
    decided: set[UUID] = set()
    outcomes = []
    for decide in request.decisions:
        item: RecordRow | Correction | None = (
            records.get(decide.id) if decide.kind == "record" else corrections.get(decide.id)
        )
        try:
            behalf = _check(staff, head, decide, item, in_reach, decided=decide.id in decided)
        except Refusal as refusal:
            outcomes.append(Decided(id=decide.id, outcome="refused", faults=refusal.faults))
            continue
        decided.add(decide.id)
        if isinstance(item, RecordRow):
            await _decide_record(call, journal, item, decide, staff, behalf)
        elif isinstance(item, Correction):
            await _decide_correction(call, journal, item, decide, staff, behalf)
        outcome: Literal["approved", "rejected"] = (
            "approved" if decide.decision == "approve" else "rejected"
        )
        outcomes.append(Decided(id=decide.id, outcome=outcome))
    await journal.write()
    done = [outcome for outcome in outcomes if outcome.outcome != "refused"]
    call.notes.changed(None, decided={str(one.id): one.outcome for one in done})
    call.notes.unchanged = not done
    return DecisionsOutcome(outcomes)


async def _load(request: Decisions) -> tuple[dict[UUID, RecordRow], dict[UUID, Correction]]:
    return (
        await store.service_records.load([d.id for d in request.decisions if d.kind == "record"]),
        await store.corrections.load([d.id for d in request.decisions if d.kind == "correction"]),
    )


def _check(
    staff: Staff,
    head: Staff | None,
    decide: Decide,
    item: RecordRow | Correction | None,
    in_reach: dict[UUID, frozenset[UUID]],
    *,
    decided: bool,
) -> UUID | None:
    """For whom the staff may decide this, None: in their own right. Raises why not."""
    if item is None:
        raise not_found("service_record" if decide.kind == "record" else "correction")
    require(staff, "record.approve", item.station_id)
    if decided or item.state != "waiting" or item.level is None:
        raise Refusal(Fault("not_waiting", None, {"state": item.state}), kind="conflict")
    waits = _item(item, in_reach)
    fault = decision_fault(waits, staff)
    if fault is None and decide.decision == "reject" and not decide.reason.strip():
        fault = Fault("reason_required", "reason")
    if fault is not None:
        raise Refusal(fault)
    # What the head may not decide himself nobody decides for him.
    stands_in = head is not None and decision_fault(waits, head) is None
    return head.id if head is not None and stands_in else None


async def _decide_record(
    call: Call,
    journal: Journal,
    record: RecordRow,
    decide: Decide,
    staff: Staff,
    behalf: UUID | None,
) -> None:
    approved = decide.decision == "approve"
    await store.service_records.decide(
        [record.id],
        "counted" if approved else "rejected",
        staff.id,
        call.now,
        decide.reason,
        behalf,
    )
    if not approved:
        post_rejection(journal, record)
        return
    posting = Posting(
        id=ids.uuid7(),
        record_id=record.id,
        kind="approval",
        minutes_delta=record.minutes,
        station_id=record.station_id,
        served_on=record.served_on,
        entered_at=call.now,
    )
    cause = Cause("approval", record.id)
    post_service(
        journal,
        record.volunteer_id,
        posting,
        cause,
        evidence=record.evidence,
        late=record.late,
        activity_id=record.activity_id,
    )


def post_rejection(journal: Journal, record: RecordRow) -> None:
    """Tell of a record that was rejected."""
    event = ServiceRejected(
        record_id=record.id, volunteer_id=record.volunteer_id, station_id=record.station_id
    )
    journal.note(record.volunteer_id, event, station_id=record.station_id)


async def _decide_correction(
    call: Call,
    journal: Journal,
    correction: Correction,
    decide: Decide,
    staff: Staff,
    behalf: UUID | None,
) -> None:
    approved = decide.decision == "approve"
    await store.corrections.decide(
        [correction.id],
        "counted" if approved else "rejected",
        staff.id,
        call.now,
        decide.reason,
        behalf,
    )
    if approved:
        await post_correction(call, journal, correction)


async def post_correction(call: Call, journal: Journal, correction: Correction) -> None:
    """Let a correction count: the record stands at its new minutes, the ledger has the rest."""
    record = (await store.service_records.load([correction.record_id]))[correction.record_id]
    await store.service_records.restate(record.id, correction.minutes_after)
    delta = correction.minutes_after - correction.minutes_before
    journal.post(
        record.volunteer_id,
        Posting(
            id=ids.uuid7(),
            record_id=record.id,
            correction_id=correction.id,
            kind="correction",
            minutes_delta=delta,
            station_id=record.station_id,
            served_on=record.served_on,
            entered_at=call.now,
        ),
        Cause("correction", correction.id),
        lambda total: ServiceCorrected(
            correction_id=correction.id,
            record_id=record.id,
            volunteer_id=record.volunteer_id,
            station_id=record.station_id,
            minutes_delta=delta,
            counted_minutes=total,
        ),
    )
