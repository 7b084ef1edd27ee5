"""Review signals: found every day or on demand, dismissed with a reason, or acted upon."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.actor import Anyone
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.review import IMPROBABLE_MINUTES, signals
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.identity.permissions import require, require_staff, stations_seen
from volunteer_svc.store.corrections import Correction
from volunteer_svc.store.reviews import ReviewSignal
from volunteer_svc.store.service_records import RecordRow
from volunteer_svc.store.undos import Undo

LOOK_BACK_DAYS = 35
"""A month of entries, and a few days in which the job did not run."""
ENTRIES_MAX = 200_000
CORRECTIONS_MAX = 50
"""Shown of one signal's records."""


class DecideSignal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it is nothing; or what was done about it: a correction or an undo of its records."""

    reason: RequiredReason
    correction_id: UUID | None = None
    undo_id: UUID | None = None


class SignalView(msgspec.Struct, frozen=True, kw_only=True):
    """A signal with the entries it names, and what was done about them already."""

    signal: ReviewSignal
    records: list[RecordRow]
    corrections: list[Correction]
    undos: list[Undo]


class Found(msgspec.Struct, frozen=True):
    """How many signals there were not before."""

    new: int


@command
async def find_signals(call: Call) -> Found:
    """Look at what was entered in the last weeks. Raises `forbidden`."""
    if not isinstance(call.actor, Anyone):  # the daily job
        stations_seen(call.actor, "record.approve")
    since = call.now - timedelta(days=LOOK_BACK_DAYS)
    policies = await store.policies.load()
    entries = await store.reviews.entered(since, policies, ENTRIES_MAX)
    days = await store.reviews.days(since, IMPROBABLE_MINUTES, ENTRIES_MAX)
    new = await store.reviews.keep(signals(entries, days), call.now)
    call.notes.changed(None, signals=new)
    call.notes.unchanged = new == 0
    return Found(new)


@command
async def decide_signal(call: Call, signal_id: UUID, request: DecideSignal) -> ReviewSignal:
    """Raises `second_person_required` for who entered the records, `own_hours`, `not_waiting`
    (409), `signal_elsewhere`, `not_found`, `forbidden`."""
    staff = require_staff(call.actor, "record.approve")
    signal = await store.reviews.lock(signal_id)
    require(staff, "record.approve", signal.station_id if signal else None)
    if signal is None:
        raise not_found("review_signal")
    if signal.state != "open":
        raise refuse("not_waiting", kind="conflict", state=signal.state)
    if staff.id == signal.recorder_id:
        raise refuse("second_person_required", kind="forbidden")
    if signal.volunteer_id is not None and staff.volunteer_id == signal.volunteer_id:
        raise refuse("own_hours", kind="forbidden")
    state: Literal["dismissed", "acted"] = "dismissed"
    if request.correction_id is not None or request.undo_id is not None:
        await _require_about(signal, request)
        state = "acted"
    decided = msgspec.structs.replace(
        signal,
        state=state,
        decided_by=staff.id,
        decided_at=call.now,
        reason=request.reason,
        correction_id=request.correction_id,
        undo_id=request.undo_id,
    )
    await store.reviews.decide(decided)
    call.notes.changed(f"review_signal/{signal.id}", rule=signal.rule, state=state)
    return decided


@reading
async def read_signal(call: Call, signal_id: UUID) -> SignalView:
    """Raises `not_found`, `forbidden`."""
    signal = await store.reviews.find(signal_id)
    require(call.actor, "record.approve", signal.station_id if signal else None)
    if signal is None:
        raise not_found("review_signal")
    found = await store.service_records.load(signal.record_ids)
    records = [found[one] for one in signal.record_ids if one in found]
    sheets = {record.sheet_id for record in records if record.sheet_id is not None}
    call.notes.looked(signal.volunteer_id, fields=["service_records"])
    return SignalView(
        signal=signal,
        records=records,
        corrections=await store.corrections.of_records(signal.record_ids, CORRECTIONS_MAX),
        undos=await store.undos.of_targets(sheets),
    )


@reading
async def review_signals(
    call: Call,
    *,
    station_id: UUID | None,
    state: Literal["open", "dismissed", "acted"] | None,
    after: UUID | None,
    limit: int,
) -> list[ReviewSignal]:
    """Of a station, or of all, as they were found. Raises `forbidden`."""
    where = stations_seen(call.actor, "record.approve", station_id)
    return await store.reviews.listing(station_id=where, state=state, after=after, limit=limit)


async def _require_about(signal: ReviewSignal, request: DecideSignal) -> None:
    """One of both, and of the signal's own records."""
    about = False
    if request.correction_id is not None and request.undo_id is None:
        found = await store.corrections.load([request.correction_id])
        about = any(one.record_id in signal.record_ids for one in found.values())
    elif request.undo_id is not None and request.correction_id is None:
        undo = await store.undos.find(request.undo_id)
        records = await store.service_records.load(signal.record_ids)
        about = undo is not None and any(r.sheet_id == undo.target_id for r in records.values())
    if not about:
        raise refuse("signal_elsewhere", "correction_id")
