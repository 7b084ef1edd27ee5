"""The roster of a county workbook: people, their registrations and inductions."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.county_rows import (
    ROSTER_SHEET as SHEET,
)
from volunteer_svc.actions.county_rows import (
    AlreadyImported,
    RosterDecision,
    decide_roster_row,
    induction_notice,
    repeats,
    row_documents,
)
from volunteer_svc.actions.enrolment import Application, Enrolled, enrol, open_registration
from volunteer_svc.actions.import_tally import Tally
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.policy import Policies
from volunteer_svc.domain.service_record import Refused
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity.permissions import require_staff
from volunteer_svc.store.imports import ImportRun
from volunteer_svc.store.inductions import Attendance, InductionSession
from volunteer_svc.workbooks.county import BadRow, RosterRow
from volunteer_svc.workbooks.fields import ROSTER as COLUMNS

BATCH = 200

Marked = tuple[RosterRow | BadRow, bytes | None, bool]
"""A row, the keyed hash of its document, and whether the same enrolment stands above it."""


def marked(rows: Sequence[RosterRow | BadRow]) -> list[Marked]:
    """The rows with what only the whole file tells."""
    documents = [next(iter(row_documents(row)), None) for row in rows]
    repeated = repeats(
        [
            None if isinstance(row, BadRow) or document is None
            else (document, row.registered_on, row.station_code)
            for row, document in zip(rows, documents, strict=True)
        ]
    )  # fmt: skip
    return list(zip(rows, documents, repeated, strict=True))


async def preview(
    call: Call, rows: Sequence[RosterRow | BadRow], stations: dict[str, UUID], tally: Tally
) -> dict[bytes, Volunteer]:
    """The people by document as they would be after the commit."""
    policies = await store.policies.load()
    lines = marked(rows)
    known = await load_people([document for _, document, _ in lines if document])
    for row, document, repeated in lines:
        decision = _decide(call, (row, document, repeated), known, stations, policies, tally)
        if isinstance(decision, Application) and document is not None:
            known[document], _ = open_registration(decision, policies, call.now)
            _note_induction(tally, row, decision, known[document])
    return known


async def load_people(documents: Sequence[bytes]) -> dict[bytes, Volunteer]:
    """The volunteers with these documents, not locked."""
    owners = await store.volunteers.ids_by_document(documents)
    volunteers = await store.volunteers.load(owners.values())
    return {document: volunteers[owner] for document, owner in owners.items()}


async def lock_people(documents: Sequence[bytes]) -> dict[bytes, Volunteer]:
    """The volunteers with these documents, locked until the batch is written."""
    owners = await store.volunteers.ids_by_document(documents)
    locked = await store.volunteers.lock(owners.values())
    return {document: locked[owner] for document, owner in owners.items()}


async def take(call: Call, run: ImportRun, rows: Sequence[Marked], tally: Tally) -> None:
    """Write a batch of the roster."""
    del run  # every sheet's `take` is called alike
    policies = await store.policies.load()
    stations = {code: station.id for code, station in (await store.stations.by_code()).items()}
    await store.people.hold_documents({document for _, document, _ in rows if document})
    for group in _one_row_each(rows):
        known = await lock_people([document for _, document, _ in group if document])
        taken = []
        for line in group:
            decision = _decide(call, line, known, stations, policies, tally)
            if isinstance(decision, Application):
                taken.append((line[0], decision))
        journal = Journal(call, {v.id: v for v in known.values()}, policies)
        applications = [application for _, application in taken]
        enrolled = await enrol(call, journal, applications, policies)
        await journal.write()
        for (row, application), result in zip(taken, enrolled, strict=True):
            _note_induction(tally, row, application, result.volunteer)
        await _write_attendance(call, applications, enrolled)


def _one_row_each(rows: Sequence[Marked]) -> Iterator[list[Marked]]:
    """Groups in which nobody stands twice: a second enrolment is decided after the first."""
    group: list[Marked] = []
    for line in rows:
        if line[1] is not None and any(line[1] == document for _, document, _ in group):
            yield group
            group = []
        group.append(line)
    yield group


def _decide(
    call: Call,
    line: Marked,
    known: dict[bytes, Volunteer],
    stations: dict[str, UUID],
    policies: Policies,
    tally: Tally,
) -> RosterDecision | None:
    """Decide a row and count it; None for a row that could not be read."""
    row, document, repeated = line
    if isinstance(row, BadRow):
        tally.refuse_unreadable(SHEET, row)
        return None
    decision = decide_roster_row(
        row,
        known.get(document) if document else None,
        stations,
        repeated=repeated,
        importer=require_staff(call.actor, "import.write").id,
        policy=policies.on(row.registered_on),
        now=call.now,
    )
    if isinstance(decision, Refused):
        tally.refuse(SHEET, row, decision.faults, COLUMNS)
    else:
        already = isinstance(decision, AlreadyImported)
        tally.count(SHEET, "already_imported" if already else "accepted")
    return decision


def _note_induction(
    tally: Tally, row: RosterRow | BadRow, application: Application, volunteer: Volunteer
) -> None:
    fault = induction_notice(application, volunteer)
    if fault is not None:
        tally.notice(SHEET, row, fault, COLUMNS)


async def _write_attendance(
    call: Call, applications: Sequence[Application], enrolled: Sequence[Enrolled]
) -> None:
    """The induction lists behind the dates: one session per station and day."""
    staff = require_staff(call.actor, "import.write")
    attended = [
        (application.station_id, application.attended_on, result, application)
        for application, result in zip(applications, enrolled, strict=True)
        if application.attended_on is not None
    ]
    sessions = await store.inductions.ensure(
        InductionSession(
            id=ids.uuid7(), station_id=station_id, held_on=held_on, place="",
            created_by=staff.id, created_at=call.now,
        )
        for station_id, held_on in sorted({(station, day) for station, day, _, _ in attended})
    )  # fmt: skip
    await store.inductions.attend(
        Attendance(
            id=ids.uuid7(),
            session_id=sessions[station_id, held_on],
            volunteer_id=result.volunteer.id,
            registration_id=result.registration.id,
            counted=induction_notice(application, result.volunteer) is None,
            recorded_by=staff.id,
            recorded_at=call.now,
        )
        for station_id, held_on, result, application in attended
    )
