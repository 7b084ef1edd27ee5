"""From the rows of a county workbook to what the rules decide on; pure, writes nothing."""

import hashlib
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, TypeVar, cast
from uuid import UUID

import msgspec

from volunteer_svc.actions.enrolment import Application
from volunteer_svc.domain.calendar import has_reached, local_date, local_instant
from volunteer_svc.domain.document import Document, check_document
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.policy import Policies, Policy
from volunteer_svc.domain.registration import (
    Form,
    Guardian,
    Material,
    ServiceCategory,
    attendance_fault,
    check_form,
)
from volunteer_svc.domain.service_record import Entry, Refused
from volunteer_svc.domain.sheet import Stint, paper_stint
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity.people import document_hash, possible_document_hashes
from volunteer_svc.workbooks import fields, times
from volunteer_svc.workbooks.cells import CellError, half_width
from volunteer_svc.workbooks.county import BadRow, CellFault, RosterRow, ServiceRow
from volunteer_svc.workbooks.layout import ROSTER, SERVICES

ROSTER_SHEET, SERVICES_SHEET = "会员登记表", "服务记录"
PAPER = "paper"
"""The rules version and consent text of what was signed on paper."""
_NOON = 12 * 60
_BORN = re.compile(r"\d{6}(\d{8})", re.ASCII)


class AlreadyImported(msgspec.Struct, frozen=True):
    """The row is in the service already: it adds nothing."""


ALREADY = AlreadyImported()
Readable = TypeVar("Readable", RosterRow | BadRow, ServiceRow | BadRow)
RosterDecision = Application | AlreadyImported | Refused
EntryDraft = Entry | AlreadyImported | Refused


def row_documents(row: RosterRow | ServiceRow | BadRow) -> tuple[bytes, ...]:
    """The keyed hashes under which the row's person may be known; none for an invalid number.

    A service row does not say which kind of document its number is of.
    """
    if isinstance(row, BadRow):
        return ()
    if isinstance(row, ServiceRow):
        return tuple(possible_document_hashes(row.document_number))
    document = check_document(row.document_kind, row.document_number)
    return (document_hash(document),) if isinstance(document, Document) else ()


def blanked(row: Readable, policies: Policies, today: date) -> Readable | BadRow:
    """A child's row without the child: data of under-14s are refused unstored (R1).

    The birth date of a citizen number counts as well as the one that was written down. Of a row
    that cannot be read nothing is kept unless it tells that nobody so young is meant.
    """
    if isinstance(row, BadRow):
        return row if _grown_up(row, policies, today) else msgspec.structs.replace(row, cells=())
    on = row.registered_on if isinstance(row, RosterRow) else row.served_on
    policy = policies.on(on)
    citizen = check_document("id_card", row.document_number)
    births = [citizen.birth_date] if isinstance(citizen, Document) else []
    if isinstance(row, RosterRow):
        births.append(row.birth_date)
    if all(has_reached(born, policy.min_age, on) for born in births if born):
        return row
    roster = isinstance(row, RosterRow)
    sheet = ROSTER_SHEET if roster else SERVICES_SHEET
    column = fields.ROSTER["birth_date"] if roster else fields.SERVICES["volunteer"]
    fault = Fault("under_minimum_age", None, {"min_age": policy.min_age})
    return BadRow(sheet, row.row, row.line, (CellFault(column, "", fault),))


def _grown_up(row: BadRow, policies: Policies, today: date) -> bool:
    columns = {ROSTER.name: ROSTER, SERVICES.name: SERVICES}[row.sheet].columns
    texts = {column.field: text for column, text in zip(columns, row.cells, strict=False)}
    on = _day(texts.get("registered_on") or texts.get("served_on") or "") or today
    # The end of a number that a spreadsheet destroyed is lost, the date in it is not.
    in_number = _BORN.match(half_width(texts.get("document_number", "")))
    births = [_day(texts.get("birth_date", "")), _day(in_number[1]) if in_number else None]
    known = [born for born in births if born]
    min_age = policies.on(on).min_age
    return bool(known) and all(has_reached(born, min_age, on) for born in known)


def _day(text: str) -> date | None:
    try:
        return times.day(text)
    except CellError:
        return None


def roster_form(row: RosterRow) -> Form:
    """Paper takes 登记日期 as day of application, of the ticks and of the consents."""
    guardian = None
    if row.guardian_name:
        guardian = Guardian(
            name=row.guardian_name,
            relation=row.guardian_relation or "",
            phone=row.guardian_phone or "",
            consented_on=row.registered_on,
            text_version=PAPER,
        )
    return Form(
        name=row.name,
        sex=row.sex,
        birth_date=row.birth_date,
        document_kind=row.document_kind,
        document_number=row.document_number,
        phone=row.phone or "",
        household_local=row.household_local,
        applied_on=row.registered_on,
        rules_version=PAPER,
        area=row.area or "",
        skills=row.skills or "",
        service_category=cast("ServiceCategory | None", row.service_category),
        guardian=guardian,
    )


def decide_roster_row(
    row: RosterRow,
    known: Volunteer | None,
    stations: dict[str, UUID],
    *,
    repeated: bool,
    importer: UUID,
    policy: Policy,
    now: datetime,
) -> RosterDecision:
    """What a roster row leads to. `repeated`: the same enrolment stands above in the file."""
    form = roster_form(row)
    document, faults = check_form(form, policy)
    station_id = stations.get(row.station_code)
    if station_id is None:
        faults.append(Fault("station_unknown", "station_id"))
    if row.registered_on > local_date(now):
        faults.append(Fault("date_in_future", "applied_on"))
    if row.inducted_on is not None and row.inducted_on > local_date(now):
        faults.append(Fault("date_in_future", "held_on"))
    if document is None or station_id is None or faults:
        return Refused(tuple(faults))
    if known is not None:
        same = any(
            (r.applied_on, r.station_id) == (row.registered_on, station_id)
            for r in known.registrations
        )
        if same and not repeated:
            return ALREADY
        over_since = known.over_since(local_date(now))
        if over_since is None or row.registered_on < over_since:
            number = known.member_no or ""
            fault = Fault("already_registered", "document_number", {"member_no": number})
            return Refused((fault,))
    return Application(
        form=form,
        document=document,
        station_id=station_id,
        channel="import",
        volunteer=known,
        materials=_materials(row, importer),
        materials_on=row.registered_on,
        attended_on=row.inducted_on,
    )


def _materials(row: RosterRow, importer: UUID) -> list[Material]:
    """Ticks of the paper list; 居住证已核 stands for its copy, too, as there is no other column."""
    at = local_instant(row.registered_on, _NOON)

    def tick(item: Literal["id_document", "residence_permit", "photo"],
             seen: bool, copied: bool) -> Material:  # fmt: skip
        return Material(
            item=item,
            original_seen_by=importer if seen else None,
            original_seen_at=at if seen else None,
            copy_received_at=at if copied else None,
        )

    return [
        tick("id_document", row.id_original_seen, row.id_copy_received),
        tick("residence_permit", row.residence_permit_seen, row.residence_permit_seen),
        tick("photo", seen=False, copied=row.photo_received),
    ]


def induction_notice(application: Application, volunteer: Volunteer) -> Fault | None:
    """An induction on the list that does not make the person active, and why."""
    latest = volunteer.registrations[-1]
    if application.attended_on is None or latest.inducted_on is not None:
        return None
    return attendance_fault(latest, application.attended_on)


def entry_draft(
    row: ServiceRow, volunteer: Volunteer | None, stations: dict[str, UUID], late_reason: str
) -> Entry | Refused:
    """The entry of a service row, with its identity: who, where, when, what."""
    when: Stint | Fault
    if row.start is not None and row.end is not None:
        when = paper_stint(row.served_on, row.start, row.end, row.break_minutes)
    else:
        when = Stint(row.served_on, row.minutes or 0)
    station_id = stations.get(row.station_code)
    faults = []
    if volunteer is None:
        faults.append(Fault("volunteer_unknown", "volunteer"))
    if station_id is None:
        faults.append(Fault("station_unknown", "station_id"))
    if isinstance(when, Fault):
        faults.append(when)
    if isinstance(when, Fault) or station_id is None or volunteer is None:
        return Refused(tuple(faults))
    return Entry(
        volunteer_id=volunteer.id,
        station_id=station_id,
        served_on=when.served_on,
        minutes=when.minutes,
        window=when.window,
        break_minutes=row.break_minutes if when.window else 0,
        evidence="staff",
        late_reason=late_reason,
        title=row.activity,
        kind=row.kind,
        place=row.place or "",
        leader=row.leader or "",
        content=row.content or "",
        import_key=row_identity(row),
    )


def row_identity(row: ServiceRow) -> bytes:
    """Station, date, start and end (or minutes) and activity; with the volunteer it is the row."""
    when = f"{row.start}-{row.end}" if row.start is not None else f"{row.minutes}min"
    parts = (row.station_code, row.served_on.isoformat(), when, row.activity)
    return hashlib.sha256("\0".join(parts).encode()).digest()


def repeats(rows: Sequence[object | None]) -> list[bool]:
    """For each identity whether it stood above in the file; None is never a repeat."""
    seen: set[object] = set()
    result = []
    for identity in rows:
        result.append(identity is not None and identity in seen)
        seen.add(identity)
    return result
