"""Recording hours: a single entry is a sheet of one, an import is sheets of many."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.actor import Self, Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, Refusal, not_found, refuse
from volunteer_svc.domain.events import ServiceRecorded
from volunteer_svc.domain.ledger import Posting
from volunteer_svc.domain.member_number import normalise_member_number
from volunteer_svc.domain.service_record import (
    Book,
    Counted,
    Decision,
    Entry,
    Level,
    Recorder,
    RecordState,
    Refused,
    Waiting,
    decide_sheet,
)
from volunteer_svc.domain.sheet import SheetLine, entry
from volunteer_svc.domain.star import Cause
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity.permissions import require, require_volunteer, station_scope
from volunteer_svc.store.service_records import NewRecord, RecordRow

LINES_MAX = 1_000


class Sheet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sign-in sheet of one station. `all_or_nothing`: one refused line refuses the whole."""

    station_id: UUID
    entries: Annotated[list[SheetLine], Meta(min_length=1, max_length=LINES_MAX)]
    all_or_nothing: bool = False


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one line: `why` for waiting, `faults` for refused (the first is the main)."""

    outcome: Literal["counted", "waiting", "refused", "already_imported"]
    record_id: UUID | None = None
    volunteer_id: UUID | None = None
    minutes: int | None = None
    late: bool = False
    level: Level | None = None
    why: str | None = None
    faults: tuple[Fault, ...] = ()


class SheetOutcome(msgspec.Struct, frozen=True):
    """One outcome per line, in the order of the sheet."""

    outcomes: list[Outcome]


class SheetRefused(Refusal):
    """An all-or-nothing sheet with a refused line: nothing is recorded; all outcomes are told."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__(Fault("sheet_refused"))
        self.outcomes = outcomes


@command
async def record_service(call: Call, sheet: Sheet) -> SheetOutcome:
    """Record a sheet. Raises SheetRefused, `forbidden`, `station_unknown`."""
    await _require_recorder(call, sheet)
    if not await store.stations.existing({sheet.station_id}):
        raise refuse("station_unknown", "station_id")
    numbers = {line.member_no: normalise_member_number(line.member_no)
               for line in sheet.entries if line.member_no}  # fmt: skip
    known = await store.volunteers.ids_by_member_number([n for n in numbers.values() if n])
    entries: list[Entry | Refused] = []
    for line in sheet.entries:
        if (line.volunteer_id is None) == (line.member_no is None):
            entries.append(Refused((Fault("volunteer_missing", "member_no"),)))
            continue
        volunteer_id = line.volunteer_id or known.get(numbers[line.member_no or ""] or "")
        entries.append(entry(line, sheet.station_id, volunteer_id))
    outcomes = await record_entries(call, entries)
    if sheet.all_or_nothing and any(outcome.outcome == "refused" for outcome in outcomes):
        raise SheetRefused(outcomes)
    return SheetOutcome(outcomes)


async def records(
    call: Call,
    *,
    station_id: UUID | None,
    state: RecordState | None,
    after: UUID | None,
    limit: int,
) -> list[RecordRow]:
    """Records of a station, or of all for those who see all, in the order they were entered."""
    scope = station_scope(call.actor, "record.read")
    if station_id is not None:
        require(call.actor, "record.read", station_id)
    return await store.service_records.listing(
        station_id=station_id or scope, volunteer_id=None, state=state, after=after, limit=limit
    )


async def records_of(
    call: Call, volunteer_id: UUID, *, state: RecordState | None, after: UUID | None, limit: int
) -> list[RecordRow]:
    """A volunteer's records at all stations (R17). Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    # To a stranger an unknown id and somebody else's look the same.
    require_volunteer(call.actor, "record.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    return await store.service_records.listing(
        station_id=None, volunteer_id=volunteer_id, state=state, after=after, limit=limit
    )


async def read_record(call: Call, record_id: UUID) -> RecordRow:
    """Raises `not_found`, `forbidden`; a volunteer reads his own (R17)."""
    record = await store.service_records.find(record_id)
    if record is None:
        station_scope(call.actor, "record.read")
        raise not_found("service_record")
    require_volunteer(call.actor, "record.read", record.volunteer_id, record.station_id)
    return record


async def _require_recorder(call: Call, sheet: Sheet) -> None:
    """Staff of the station; a volunteer only his own report; only devices give `timed`."""
    if isinstance(call.actor, Self):
        for line in sheet.entries:
            if line.evidence != "self" or line.volunteer_id not in (None, call.actor.id):
                raise refuse("forbidden", "entries", kind="forbidden", permission="record.write")
        own = (await store.volunteers.load([call.actor.id])).get(call.actor.id)
        if own is None or any(
            line.member_no not in (None, own.member_no) for line in sheet.entries
        ):
            raise refuse("forbidden", "entries", kind="forbidden", permission="record.write")
        return
    require(call.actor, "record.write", sheet.station_id)
    if any(line.evidence == "timed" for line in sheet.entries):
        raise refuse("timed_needs_check_in", "evidence")


async def record_entries(
    call: Call, entries: Sequence[Entry | Refused], *, import_id: UUID | None = None
) -> list[Outcome]:
    """Decide and write entries inside the running command; one outcome each, in order."""
    sound = [e for e in entries if isinstance(e, Entry)]
    owners = {e.volunteer_id for e in sound if e.volunteer_id}
    policy = await store.policies.policy_on(local_date(call.now))
    book = await open_book(sound, await store.volunteers.lock(owners))
    decisions = iter(
        decide_sheet(
            sound,
            book,
            recorder=recorder(call),
            now=call.now,
            policy=policy,
            calendar=await store.policies.work_calendar(),
        )
    )
    journal = Journal(call, book.volunteers, policy)
    records: list[NewRecord] = []
    outcomes = []
    for e in entries:
        decision = next(decisions) if isinstance(e, Entry) else e
        if isinstance(e, Refused) or isinstance(decision, Refused):
            outcomes.append(outcome_of(decision))
            continue
        record = NewRecord(
            id=ids.uuid7(),
            entry=e,
            decision=decision,
            entered_by=call.actor.id if isinstance(call.actor, Staff) else None,
            entered_at=call.now,
            import_id=import_id,
        )
        records.append(record)
        if isinstance(decision, Counted):
            _count(journal, record)
        outcomes.append(outcome_of(decision, record))
    await store.service_records.insert(records)
    await journal.write()
    return outcomes


def recorder(call: Call) -> Recorder:
    return Recorder(call.actor.volunteer_id if isinstance(call.actor, Staff) else None)


async def open_book(entries: Sequence[Entry], volunteers: dict[UUID, Volunteer]) -> Book:
    """What is already written for the entries' volunteers; `volunteers` are locked or loaded."""
    known = [(e, e.volunteer_id) for e in entries if e.volunteer_id in volunteers]
    return Book(
        volunteers,
        windows=await store.service_records.overlapping(
            (owner, e.window) for e, owner in known if owner and e.window
        ),
        day_minutes=await store.service_records.day_minutes(
            (owner, e.served_on) for e, owner in known if owner
        ),
    )


def _count(journal: Journal, record: NewRecord) -> None:
    e, owner = record.entry, record.entry.volunteer_id
    if owner is None:
        raise AssertionError("an accepted entry has its volunteer")
    journal.post(
        owner,
        Posting(
            id=ids.uuid7(),
            record_id=record.id,
            kind="service",
            minutes_delta=e.minutes,
            station_id=e.station_id,
            served_on=e.served_on,
            entered_at=record.entered_at,
        ),
        Cause("import", record.import_id)
        if record.import_id
        else Cause("service_record", record.id),
        lambda total: ServiceRecorded(
            record_id=record.id,
            volunteer_id=owner,
            station_id=e.station_id,
            served_on=e.served_on,
            minutes=e.minutes,
            evidence=e.evidence,
            late=record.decision.late,
            counted_minutes=total,
        ),
    )


def outcome_of(decision: Decision, record: NewRecord | None = None) -> Outcome:
    """The outcome of a decision; `record` once it is accepted for writing."""
    if isinstance(decision, Refused):
        return Outcome(outcome="refused", faults=decision.faults)
    waiting = decision if isinstance(decision, Waiting) else None
    return Outcome(
        outcome="waiting" if waiting else "counted",
        record_id=record.id if record else None,
        volunteer_id=record.entry.volunteer_id if record else None,
        minutes=record.entry.minutes if record else None,
        late=decision.late,
        level=waiting.level if waiting else None,
        why=waiting.why if waiting else None,
    )
