"""The service records of a county workbook."""

from collections.abc import Sequence
from uuid import UUID

from volunteer_svc import store
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.county_roster import load_people, lock_people
from volunteer_svc.actions.county_rows import (
    ALREADY,
    AlreadyImported,
    EntryDraft,
    entry_draft,
    repeats,
    row_documents,
    row_identity,
)
from volunteer_svc.actions.county_rows import (
    SERVICES_SHEET as SHEET,
)
from volunteer_svc.actions.import_tally import Tally
from volunteer_svc.actions.recording import (
    Batch,
    Outcome,
    open_book,
    outcome_of,
    record_batches,
    recorder,
)
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.service_record import Entry, Refused, decide_sheet
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.store.imports import ImportRun
from volunteer_svc.workbooks.county import BadRow, ServiceRow
from volunteer_svc.workbooks.fields import SERVICES as COLUMNS

BATCH = 1_000

Marked = tuple[ServiceRow | BadRow, tuple[bytes, ...], bool]
"""A row, the keyed hashes its document may have, and whether the same row stands above it."""


def marked(rows: Sequence[ServiceRow | BadRow]) -> list[Marked]:
    """The rows with what only the whole file tells."""
    hashes: dict[str, tuple[bytes, ...]] = {}
    for row in rows:
        if isinstance(row, ServiceRow) and row.document_number not in hashes:
            hashes[row.document_number] = row_documents(row)
    documents = [hashes[row.document_number] if isinstance(row, ServiceRow) else () for row in rows]
    repeated = repeats(
        [
            None if isinstance(row, BadRow) else (document, row_identity(row))
            for row, document in zip(rows, documents, strict=True)
        ]
    )
    return list(zip(rows, documents, repeated, strict=True))


def parts(rows: Sequence[ServiceRow | BadRow], count: int) -> list[list[Marked]]:
    """The marked rows in parts: person by person, the rows of each in sheet order.

    A person is locked, read and saved in one or two batches then, not in every one.
    """
    split: list[list[Marked]] = [[] for _ in range(count)]
    for line in sorted(marked(rows), key=_person):
        person = _person(line)
        split[person[0] % count if person else 0].append(line)
    return split


def _person(line: Marked) -> bytes:
    _, documents, _ = line
    return documents[0] if documents else b""


async def preview(
    call: Call,
    run: ImportRun,
    rows: Sequence[ServiceRow | BadRow],
    stations: dict[str, UUID],
    people: dict[bytes, Volunteer],
    tally: Tally,
) -> None:
    """Decide all rows against what is written and what the rest of the file would write."""
    lines = marked(rows)
    missing = {document for _, documents, _ in lines for document in documents} - people.keys()
    people = people | await load_people(list(missing))
    policy = (await store.policies.load()).on(local_date(call.now))
    calendar = await store.policies.work_calendar()
    volunteers = {volunteer.id: volunteer for volunteer in people.values()}
    book = await open_book([], volunteers)
    # Part by part: all entries of a great workbook at once would take too much memory.
    for start in range(0, len(lines), BATCH):
        part = lines[start : start + BATCH]
        drafts = await _drafts(part, people, stations, run.reason)
        entries = [draft for draft in drafts if isinstance(draft, Entry)]
        book.join(await open_book(entries, volunteers))
        decisions = iter(
            decide_sheet(
                entries,
                book,
                recorder=recorder(call),
                now=call.now,
                policy=policy,
                calendar=calendar,
            )
        )
        for (row, _, _), draft in zip(part, drafts, strict=True):
            decided = next(decisions) if isinstance(draft, Entry) else draft
            if isinstance(decided, AlreadyImported):
                _count(tally, row, Outcome(outcome="already_imported"))
            elif decided is not None:
                _count(tally, row, outcome_of(decided))
            else:
                _count(tally, row, None)


async def take(call: Call, run: ImportRun, rows: Sequence[Marked], tally: Tally) -> None:
    """Write a batch of records through the same function as a sheet of the API."""
    stations = {code: station.id for code, station in (await store.stations.by_code()).items()}
    # Locked before it is looked up what was imported: two runs of one file may meet here.
    people = await lock_people([document for _, documents, _ in rows for document in documents])
    drafts = await _drafts(rows, people, stations, run.reason)
    batch = Batch(
        call=call,
        entries=[draft for draft in drafts if isinstance(draft, Entry | Refused)],
        import_id=run.id,
    )
    locked = {volunteer.id: volunteer for volunteer in people.values()}
    outcomes = iter((await record_batches([batch], locked))[0])
    for (row, _, _), draft in zip(rows, drafts, strict=True):
        if isinstance(draft, Entry | Refused):
            _count(tally, row, next(outcomes))
        else:
            _count(tally, row, Outcome(outcome="already_imported") if draft else None)


async def _drafts(
    lines: Sequence[Marked],
    people: dict[bytes, Volunteer],
    stations: dict[str, UUID],
    late_reason: str,
) -> list[EntryDraft | None]:
    """An entry, a refusal or `already imported` per row; None for a row that was not read."""
    drafts: list[EntryDraft | None] = []
    for row, documents, repeated in lines:
        if isinstance(row, BadRow):
            drafts.append(None)
            continue
        volunteer = next((people[d] for d in documents if d in people), None)
        draft = entry_draft(row, volunteer, stations, late_reason)
        if repeated and isinstance(draft, Entry):
            # The row above stands for it; with times it is also an overlap with that row.
            code = "overlapping_service" if draft.window else "duplicate_row"
            draft = Refused((Fault(code, "started_at" if draft.window else "minutes"),))
        drafts.append(draft)
    keys = [(d.volunteer_id, d.import_key) for d in drafts if isinstance(d, Entry)]
    known = await store.service_records.imported(
        (owner, key) for owner, key in keys if owner and key
    )
    return [
        ALREADY if isinstance(d, Entry) and (d.volunteer_id, d.import_key) in known else d
        for d in drafts
    ]


def _count(tally: Tally, row: ServiceRow | BadRow, outcome: Outcome | None) -> None:
    if isinstance(row, BadRow):
        tally.refuse_unreadable(SHEET, row)
    elif outcome is None:
        raise AssertionError("a row that was read has an outcome")
    elif outcome.outcome == "refused":
        tally.refuse(SHEET, row, outcome.faults, COLUMNS)
    elif outcome.outcome == "waiting":
        tally.wait(SHEET, row, outcome.why or "", outcome.level or "")
    else:
        tally.count(SHEET, outcome.outcome)
    if isinstance(row, ServiceRow) and row.start is not None and (row.end or 0) < row.start:
        tally.notice(SHEET, row, Fault("over_midnight", "ended_at"), COLUMNS)
