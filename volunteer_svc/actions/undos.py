"""Undo of a whole sheet or import: every entry is reversed by a correction of its own."""

from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.approvals import post_rejection
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.corrections import reverse
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.text import Reason, RequiredReason
from volunteer_svc.domain.undo import Standing, UndoKind, fate, needs_second
from volunteer_svc.identity.permissions import require, require_staff, stations_seen
from volunteer_svc.store import database
from volunteer_svc.store.undos import Held, Undo

BATCH = 200


class AskUndo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is taken back: a sheet by the `sheet_id` of its answer, an import by its id."""

    kind: UndoKind
    target_id: UUID
    reason: RequiredReason


class DecideUndo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A refusal says why."""

    decision: Literal["approve", "refuse"]
    reason: Reason = ""


class Holds(msgspec.Struct, frozen=True):
    """How many records an undo would take back, and whether a second person decides."""

    records: int
    second_person: bool


async def what_it_holds(call: Call, kind: UndoKind, target_id: UUID) -> Holds:
    """Look before asking. Raises `nothing_to_undo` (409), `forbidden`."""
    staff = require_staff(call.actor, "record.correct")
    records, _ = await _held(staff, kind, target_id)
    own = any(record.entered_by == staff.id for record in records)
    return Holds(len(records), needs_second(kind, len(records), own=own))


async def _held(staff: Staff, kind: UndoKind, target_id: UUID) -> tuple[list[Held], UUID | None]:
    """What the caller may take back, and of which station (None: an import)."""
    stations_seen(staff, "record.correct")
    if kind == "import":
        require(staff, "import.write")
    records = await store.undos.held(kind, target_id)
    if not records:
        # To a stranger an unknown sheet and an empty one look the same.
        raise refuse("nothing_to_undo", "target_id", kind="conflict")
    station_id = records[0].station_id if kind == "sheet" else None
    require(staff, "record.correct", station_id)
    return records, station_id


@command
async def ask_undo(call: Call, request: AskUndo) -> Undo:
    """A sheet is taken back at once, unless it is large and one's own; an import never alone.

    Raises `not_found`, `undo_waits` (409), `nothing_to_undo` (409), `forbidden`.
    """
    staff = require_staff(call.actor, "record.correct")
    records, station_id = await _held(staff, request.kind, request.target_id)
    own = any(record.entered_by == staff.id for record in records)
    waits = needs_second(request.kind, len(records), own=own)
    undo = Undo(
        id=ids.uuid7(),
        kind=request.kind,
        target_id=request.target_id,
        station_id=station_id,
        reason=request.reason,
        state="waiting" if waits else "running",
        asked_by=staff.id,
        asked_at=call.now,
        records_total=len(records),
    )
    try:
        await store.undos.insert(undo)
    except database.Violation:
        raise refuse("undo_waits", "target_id", kind="conflict") from None
    if not waits:
        undo = await _whole(call, undo)
    _note(call, undo)
    return undo


@command
async def decide_undo(call: Call, undo_id: UUID, request: DecideUndo) -> Undo:
    """The second person. A sheet is taken back in this command, an import by the worker.

    Raises `second_person_required`, `not_waiting` (409), `reason_required`, `not_found`,
    `forbidden`.
    """
    staff = require_staff(call.actor, "record.approve")
    undo = await store.undos.lock(undo_id)
    _require_reach(staff, undo)
    if undo is None:
        raise not_found("undo")
    if undo.state != "waiting":
        raise refuse("not_waiting", kind="conflict", state=undo.state)
    if staff.id == undo.asked_by:
        raise refuse("second_person_required", kind="forbidden")
    if request.decision == "refuse" and not request.reason.strip():
        raise refuse("reason_required", "reason")
    undo = msgspec.structs.replace(
        undo,
        state="running" if request.decision == "approve" else "refused",
        decided_by=staff.id,
        decided_at=call.now,
        decision_reason=request.reason,
    )
    if undo.state == "running" and undo.kind == "sheet":
        undo = await _whole(call, undo)
    await store.undos.save(undo)
    _note(call, undo)
    return undo


@command
async def work_on_next(call: Call) -> bool:
    """A batch of an import that is taken back; whether there was any."""
    undo = await store.undos.lock_running()
    if undo is None:
        call.notes.unchanged = True
        return False
    undo = await _batch(call, undo)
    await store.undos.save(undo)
    _note(call, undo)
    return True


@reading
async def read_undo(call: Call, undo_id: UUID) -> Undo:
    """How far it is, and what came of it. Raises `not_found`, `forbidden`."""
    staff = require_staff(call.actor, "record.correct")
    undo = await store.undos.find(undo_id)
    _require_reach(staff, undo)
    if undo is None:
        raise not_found("undo")
    return undo


@reading
async def undos(
    call: Call,
    *,
    station_id: UUID | None,
    target_id: UUID | None,
    after: UUID | None,
    limit: int,
    newest_first: bool = False,
) -> list[Undo]:
    """Of the sheets of a station; the county sees those of imports, too."""
    where = stations_seen(call.actor, "record.correct", station_id)
    return await store.undos.listing(
        station_id=where,
        target_id=target_id,
        after=after,
        limit=limit,
        newest_first=newest_first,
    )


def _require_reach(staff: Staff, undo: Undo | None) -> None:
    require(staff, "record.correct", undo.station_id if undo else None)


def _note(call: Call, undo: Undo) -> None:
    call.notes.changed(
        f"undo/{undo.id}",
        target_id=undo.target_id,
        state=undo.state,
        records=undo.records_done,
        reversed=undo.reversed,
        rejected=undo.rejected,
    )


async def _whole(call: Call, undo: Undo) -> Undo:
    while undo.state == "running":
        undo = await _batch(call, undo)
    await store.undos.save(undo)
    return undo


async def _batch(call: Call, undo: Undo) -> Undo:
    """The next records, taken back under the locks of their volunteers."""
    held = await store.undos.next_held(undo, BATCH)
    volunteers = await store.volunteers.lock({one.volunteer_id for one in held})
    records = await store.service_records.load([one.id for one in held])
    corrected = await store.corrections.waiting_of(records)
    signers = [undo.decided_by, undo.asked_by] if undo.decided_by else [undo.asked_by]
    own = {await _volunteer_of(signer) for signer in signers} - {None}
    journal = Journal(call, volunteers, await store.policies.load())
    fates = {"reversed": 0, "rejected": 0, "left": 0}
    freed = []
    for one in held:
        record = records[one.id]
        standing = Standing(
            volunteer_id=record.volunteer_id,
            state=record.state,
            entered_by=record.entered_by,
            correction_waits=record.id in corrected,
        )
        becomes, signer = fate(standing, signers, own)
        fates[becomes] += 1
        if becomes == "reversed":
            await reverse(
                call, journal, record, by=undo.asked_by, reason=undo.reason,
                requested_by=f"undo/{undo.id}",
            )  # fmt: skip
        elif signer is not None:
            await store.service_records.decide(
                [record.id], "rejected", signer, call.now, undo.reason
            )
            post_rejection(journal, record)
        if becomes != "left":
            freed.append(record.id)
    await journal.write()
    await store.undos.free_import_keys(freed)
    over = len(held) < BATCH
    return msgspec.structs.replace(
        undo,
        state="done" if over else "running",
        finished_at=call.now if over else None,
        # Somebody may have decided about some meanwhile.
        records_done=undo.records_total
        if over
        else min(undo.records_done + len(held), undo.records_total),
        reversed=undo.reversed + fates["reversed"],
        rejected=undo.rejected + fates["rejected"],
        left_over=undo.left_over + fates["left"],
        last_record_id=held[-1].id if held else undo.last_record_id,
    )


async def _volunteer_of(account_id: UUID) -> UUID | None:
    account = await store.accounts.find(account_id)
    return account.volunteer_id if account else None
