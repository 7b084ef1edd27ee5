"""Recording hours: a single entry is a sheet of one, an import is sheets of many."""

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.recording import Batch, Outcome, foresee, record_batches
from volunteer_svc.domain.actor import Self
from volunteer_svc.domain.errors import Fault, Refusal, not_found, refuse
from volunteer_svc.domain.member_number import normalise_member_number
from volunteer_svc.domain.service_record import RecordState, Refused
from volunteer_svc.domain.sheet import SheetLine, entry
from volunteer_svc.identity.permissions import (
    reads_free_text,
    require,
    require_volunteer,
    stations_seen,
)
from volunteer_svc.store.service_records import RecordRow

LINES_MAX = 1_000


class Sheet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sign-in sheet of one station. `all_or_nothing`: one refused line refuses the whole."""

    station_id: UUID
    entries: Annotated[list[SheetLine], Meta(min_length=1, max_length=LINES_MAX)]
    all_or_nothing: bool = False


class SheetOutcome(msgspec.Struct, frozen=True):
    """One outcome per line, in the order of the sheet; `sheet_id` names it for an undo."""

    outcomes: list[Outcome]
    sheet_id: UUID | None = None


class SheetRefused(Refusal):
    """An all-or-nothing sheet with a refused line: nothing is recorded; all outcomes are told."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__(Fault("sheet_refused"))
        self.outcomes = outcomes


@command
async def record_service(call: Call, sheet: Sheet) -> SheetOutcome:
    """Record a sheet. Raises SheetRefused, `forbidden`, `station_unknown`."""
    (result,) = await record_sheets([(call, sheet)])
    if isinstance(result, Refusal):
        raise result
    if sheet.all_or_nothing and any(o.outcome == "refused" for o in result.outcomes):
        raise SheetRefused(result.outcomes)
    return result


async def foresee_sheet(call: Call, sheet: Sheet) -> list[Outcome]:
    """What `record_service` would answer now; nothing is written. Raises what it raises."""
    known = await _owners(sheet.entries)
    closings = await store.stations.closings({sheet.station_id})
    return await foresee(_batch(call, sheet, known, closings))


async def record_sheets(sheets: Sequence[tuple[Call, Sheet]]) -> list[SheetOutcome | Refusal]:
    """Sheets of several calls inside the running command; a refused one touches no other."""
    known = await _owners([line for _, sheet in sheets for line in sheet.entries])
    closings = await store.stations.closings({sheet.station_id for _, sheet in sheets})
    results: dict[int, SheetOutcome | Refusal] = {}
    batches: dict[int, Batch] = {}
    for n, (call, sheet) in enumerate(sheets):
        try:
            batches[n] = _batch(call, sheet, known, closings)
        except Refusal as refusal:
            results[n] = refusal
    recorded = await record_batches(list(batches.values()), closings=closings)
    for n, outcomes in zip(batches, recorded, strict=True):
        results[n] = SheetOutcome(outcomes, batches[n].sheet_id)
        _note(*sheets[n], outcomes)
    return [results[n] for n in range(len(sheets))]


def _note(call: Call, sheet: Sheet, outcomes: Sequence[Outcome]) -> None:
    """One entry a sheet: each record says itself who entered it, and the ledger is chained."""
    counts = Counter(outcome.outcome for outcome in outcomes)
    digest = hashlib.sha256(msgspec.json.encode(sheet)).hexdigest()
    call.notes.changed(f"station/{sheet.station_id}", entries=counts, sheet_sha256=digest)
    call.notes.unchanged = counts["refused"] == len(outcomes)


async def _owners(lines: Sequence[SheetLine]) -> dict[str, UUID]:
    """Volunteers by their member numbers as typed."""
    typed = {line.member_no: normalise_member_number(line.member_no)
             for line in lines if line.member_no}  # fmt: skip
    numbers = {number for number in typed.values() if number}
    known = await store.volunteers.ids_by_member_number(numbers) if numbers else {}
    return {text: known[number] for text, number in typed.items() if number in known}


def _batch(call: Call, sheet: Sheet, known: dict[str, UUID], stations: Collection[UUID]) -> Batch:
    """The sheet's entries with their volunteers. Raises `forbidden`, `station_unknown` …"""
    station_id = ids.quick(sheet.station_id)
    owners = [
        ids.quick(line.volunteer_id) if line.volunteer_id else known.get(line.member_no or "")
        for line in sheet.entries
    ]
    _require_recorder(call, sheet, owners)
    if station_id not in stations:
        raise refuse("station_unknown", "station_id")
    missing = Refused((Fault("volunteer_missing", "member_no"),))
    return Batch(
        call=call,
        sheet_id=ids.uuid7(),
        entries=[
            missing
            if (line.volunteer_id is None) == (line.member_no is None)
            else entry(line, station_id, owner)
            for line, owner in zip(sheet.entries, owners, strict=True)
        ],
    )


def _require_recorder(call: Call, sheet: Sheet, owners: Sequence[UUID | None]) -> None:
    """Staff of the station; a volunteer only his own report; only devices give `timed`."""
    if isinstance(call.actor, Self):
        own = all(owner == call.actor.id for owner in owners)
        if not own or any(line.evidence != "self" for line in sheet.entries):
            raise refuse("forbidden", "entries", kind="forbidden", permission="record.write")
        return
    require(call.actor, "record.write", sheet.station_id)
    if any(line.evidence == "timed" for line in sheet.entries):
        raise refuse("timed_needs_check_in", "evidence")


@reading
async def records(
    call: Call,
    *,
    station_id: UUID | None,
    state: RecordState | None,
    after: UUID | None,
    limit: int,
) -> list[RecordRow]:
    """Records of a station, or of all for those who see all, in the order they were entered."""
    where = stations_seen(call.actor, "record.read", station_id)
    rows = await store.service_records.listing(
        station_id=where, volunteer_id=None, state=state, after=after, limit=limit
    )
    return [_shown(call, row) for row in rows]


@reading
async def records_of(
    call: Call,
    volunteer_id: UUID,
    *,
    state: RecordState | None,
    after: UUID | None,
    limit: int,
    newest_first: bool = False,
) -> list[RecordRow]:
    """A volunteer's records at all stations (R17), as they were entered, or `newest_first` by day
    of service. Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    # To a stranger an unknown id and somebody else's look the same.
    require_volunteer(call.actor, "record.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["service_records"])
    if newest_first:
        rows = await store.service_records.newest(
            volunteer_id, state=state, behind=after, limit=limit
        )
    else:
        rows = await store.service_records.listing(
            station_id=None, volunteer_id=volunteer_id, state=state, after=after, limit=limit
        )
    return [_shown(call, row) for row in rows]


@reading
async def read_record(call: Call, record_id: UUID) -> RecordRow:
    """Raises `not_found`, `forbidden`; a volunteer reads his own (R17)."""
    record = await store.service_records.find(record_id)
    if record is None:
        stations_seen(call.actor, "record.read")
        raise not_found("service_record")
    require_volunteer(call.actor, "record.read", record.volunteer_id, record.station_id)
    call.notes.looked(record.volunteer_id, fields=["service_records"])
    return _shown(call, record)


def _shown(call: Call, record: RecordRow) -> RecordRow:
    if reads_free_text(call.actor):
        return record
    return msgspec.structs.replace(
        record, content="", leader="", late_reason="", evidence_reference="", decision_reason=None
    )
