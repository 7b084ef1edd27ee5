"""Entries on their way into the books: the one batch path that sheets and imports share."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.journal import Journal, Pages
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import is_minor, local_date
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.events import ServiceRecorded
from volunteer_svc.domain.ledger import Posting
from volunteer_svc.domain.service_record import (
    Book,
    Counted,
    Decision,
    Entry,
    Evidence,
    Level,
    Recorder,
    Refused,
    Waiting,
    decide_sheet,
)
from volunteer_svc.domain.star import Cause
from volunteer_svc.domain.terms import Terms
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.store.service_records import NewRecord


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """The entries of one call; those already refused keep their places."""

    call: Call
    entries: Sequence[Entry | Refused]
    import_id: UUID | None = None
    sheet_id: UUID | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of one line: `why` for waiting, `faults` for refused (the first is the main).

    `calendar`: the deadline was counted without the holidays of its year (R15).
    """

    outcome: Literal["counted", "waiting", "refused", "already_imported"]
    record_id: UUID | None = None
    volunteer_id: UUID | None = None
    minutes: int | None = None
    late: bool = False
    calendar: Literal["approximate"] | None = None
    level: Level | None = None
    why: str | None = None
    faults: tuple[Fault, ...] = ()


async def record_batches(
    batches: Sequence[Batch],
    locked: dict[UUID, Volunteer] | None = None,
    closings: dict[UUID, date | None] | None = None,
) -> list[list[Outcome]]:
    """Decide and write, inside the running command; one outcome per entry, in order.

    Batches are decided one after the other, each under its own actor and instant. `locked`:
    the volunteers, where the caller has locked them already; `closings` as in `open_book`.
    """
    sound = [e for batch in batches for e in batch.entries if isinstance(e, Entry)]
    if locked is None:
        owners = {e.volunteer_id for e in sound if e.volunteer_id}
        locked = await store.volunteers.lock(owners)
    policies = await store.policies.load()
    calendar = await store.policies.work_calendar()
    book = await open_book(sound, locked, closings)
    pages = Pages()
    records: list[NewRecord] = []
    results = []
    for batch in batches:
        policy = policies.on(local_date(batch.call.now))
        journal = Journal(batch.call, book.volunteers, policies, pages)
        decisions = iter(
            decide_sheet(
                [e for e in batch.entries if isinstance(e, Entry)],
                book,
                recorder=recorder(batch.call),
                now=batch.call.now,
                policy=policy,
                calendar=calendar,
            )
        )
        outcomes = []
        for e in batch.entries:
            decision = next(decisions) if isinstance(e, Entry) else e
            if isinstance(e, Refused) or isinstance(decision, Refused):
                outcomes.append(outcome_of(decision))
                continue
            record = _record(batch, e, decision)
            records.append(record)
            if isinstance(decision, Counted):
                _count(journal, record)
            outcomes.append(outcome_of(decision, record))
        results.append(outcomes)
    await store.service_records.insert(records)
    if batches:
        await journal.write()
    return results


async def foresee(batch: Batch) -> list[Outcome]:
    """What `record_batches` would decide now: without locks, and nothing is written."""
    sound = [e for e in batch.entries if isinstance(e, Entry)]
    owners = {e.volunteer_id for e in sound if e.volunteer_id}
    decisions = iter(
        decide_sheet(
            sound,
            await open_book(sound, await store.volunteers.load(owners)),
            recorder=recorder(batch.call),
            now=batch.call.now,
            policy=(await store.policies.load()).on(local_date(batch.call.now)),
            calendar=await store.policies.work_calendar(),
        )
    )
    outcomes = []
    for e in batch.entries:
        decision = next(decisions) if isinstance(e, Entry) else e
        minutes = e.minutes if isinstance(e, Entry) and not isinstance(decision, Refused) else None
        outcomes.append(msgspec.structs.replace(outcome_of(decision), minutes=minutes))
    return outcomes


def _record(batch: Batch, e: Entry, decision: Counted | Waiting) -> NewRecord:
    actor = batch.call.actor
    return NewRecord(
        id=ids.uuid7(),
        entry=e,
        decision=decision,
        entered_by=actor.id if isinstance(actor, Staff) else None,
        entered_at=batch.call.now,
        import_id=batch.import_id,
        sheet_id=batch.sheet_id,
    )


def recorder(call: Call) -> Recorder:
    return Recorder(call.actor.volunteer_id if isinstance(call.actor, Staff) else None)


async def open_book(
    entries: Sequence[Entry],
    volunteers: dict[UUID, Volunteer],
    closings: dict[UUID, date | None] | None = None,
) -> Book:
    """What is already written for the entries' volunteers; `volunteers` are locked or loaded.

    `closings`: of the entries' stations, where the caller has read them already.
    """
    days: dict[UUID, tuple[date, date]] = {}
    for e in entries:
        if e.volunteer_id is not None and e.volunteer_id in volunteers:
            first_on, last_on = e.days_touched()
            known = days.get(e.volunteer_id)
            if known is not None:
                first_on, last_on = min(first_on, known[0]), max(last_on, known[1])
            days[e.volunteer_id] = first_on, last_on
    if closings is None:
        closings = await store.stations.closings({e.station_id for e in entries})
    taken = await store.service_records.taken(days)
    terms = await _terms(entries)
    return Book(
        volunteers,
        windows=taken.windows,
        closings=closings,
        terms=terms,
        topics=await _topics(entries, terms),
        day_minutes=taken.day_minutes,
        minors=await _minors(entries, terms),
    )


async def _terms(entries: Sequence[Entry]) -> dict[UUID, Terms]:
    wanted = {e.activity_id for e in entries if e.activity_id}
    activities = await store.activities.load(wanted) if wanted else {}
    return {
        one.id: Terms(
            station_id=one.station_id,
            state=one.state,
            started_at=one.started_at,
            ended_at=one.ended_at,
            required_topics=one.required_topics,
            hazardous=one.hazardous,
        )
        for one in activities.values()
    }


async def _topics(
    entries: Sequence[Entry], terms: dict[UUID, Terms]
) -> dict[tuple[UUID, date], frozenset[str]]:
    """What the volunteers hold on the days of entries whose activity requires topics (R4)."""
    days: dict[date, set[UUID]] = defaultdict(set)
    for e in entries:
        asked = terms.get(e.activity_id) if e.activity_id else None
        if e.volunteer_id and asked and asked.required_topics:
            days[e.served_on].add(e.volunteer_id)
    return {
        (volunteer_id, day): topics
        for day, owners in days.items()
        for volunteer_id, topics in (await store.trainings.valid_topics(owners, day)).items()
    }


async def _minors(entries: Sequence[Entry], terms: dict[UUID, Terms]) -> set[tuple[UUID, date]]:
    """Who is under 18 on the day of an entry whose activity is hazardous (R18)."""
    days = {
        (e.volunteer_id, e.served_on)
        for e in entries
        if e.volunteer_id and e.activity_id in terms and terms[e.activity_id].hazardous
    }
    people = await store.people.load({owner for owner, _ in days}) if days else {}
    return {
        (owner, day) for owner, day in days
        if owner in people and is_minor(people[owner].birth_date, day)
    }  # fmt: skip


def _count(journal: Journal, record: NewRecord) -> None:
    e = record.entry
    if e.volunteer_id is None:
        raise AssertionError("an accepted entry has its volunteer")
    posting = Posting(
        id=ids.uuid7(),
        record_id=record.id,
        kind="service",
        minutes_delta=e.minutes,
        station_id=e.station_id,
        served_on=e.served_on,
        entered_at=record.entered_at,
    )
    cause = (
        Cause("import", record.import_id)
        if record.import_id
        else Cause("service_record", record.id)
    )
    post_service(
        journal,
        e.volunteer_id,
        posting,
        cause,
        evidence=e.evidence,
        late=record.decision.late,
        activity_id=e.activity_id,
    )


def post_service(
    journal: Journal,
    volunteer_id: UUID,
    posting: Posting,
    cause: Cause,
    *,
    evidence: Evidence,
    late: bool,
    activity_id: UUID | None,
) -> None:
    """Let a record's minutes count, and tell of it: at once, or when it is approved."""
    journal.post(
        volunteer_id,
        posting,
        cause,
        lambda total: ServiceRecorded(
            record_id=posting.record_id,
            volunteer_id=volunteer_id,
            station_id=posting.station_id,
            activity_id=activity_id,
            served_on=posting.served_on,
            minutes=posting.minutes_delta,
            evidence=evidence,
            late=late,
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
        calendar="approximate" if decision.approximate else None,
        level=waiting.level if waiting else None,
        why=waiting.why if waiting else None,
    )
