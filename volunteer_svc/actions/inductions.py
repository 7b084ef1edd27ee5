"""Induction sessions and attendance lists: what makes a registered person a volunteer."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.enrolment import note_induction
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, not_found, refuse
from volunteer_svc.domain.member_number import normalise_member_number
from volunteer_svc.domain.registration import attendance_fault, attended
from volunteer_svc.domain.text import Name, Short
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity.permissions import require, require_staff, stations_seen
from volunteer_svc.store import database
from volunteer_svc.store.inductions import Attendance, CalendarRow, InductionSession

ATTENDEES_MAX = 500


class PlanSession(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session of a station; a past one when its list is typed in late."""

    station_id: UUID
    held_on: date
    place: Short = ""


class Attendee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By id or by member number."""

    volunteer_id: UUID | None = None
    member_no: Name | None = None


class RecordAttendance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    attendees: Annotated[list[Attendee], Meta(min_length=1, max_length=ATTENDEES_MAX)]


class Attended(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one line of the list.

    `counted`: the person is active, or will be once the materials are complete. `refused`:
    not on the list. `not_counted`: on the list, but it does not make the person active.
    """

    outcome: Literal["counted", "not_counted", "refused"]
    volunteer_id: UUID | None = None
    state: str | None = None
    faults: tuple[Fault, ...] = ()


class AttendanceOutcome(msgspec.Struct, frozen=True):
    """One outcome per attendee, in order."""

    outcomes: list[Attended]


@command
async def plan_session(call: Call, request: PlanSession) -> InductionSession:
    """Raises `induction_session_exists` (409), `forbidden`, `station_unknown`."""
    require(call.actor, "induction.write", request.station_id)
    staff = require_staff(call.actor, "induction.write")
    if not await store.stations.is_open(request.station_id, request.held_on):
        raise refuse("station_unknown", "station_id")
    session = InductionSession(
        id=ids.uuid7(),
        station_id=request.station_id,
        held_on=request.held_on,
        place=request.place,
        created_by=staff.id,
        created_at=call.now,
    )
    try:
        await store.inductions.insert(session)
    except database.Violation:
        raise refuse("induction_session_exists", "held_on", kind="conflict") from None
    call.notes.changed(f"session/{session.id}", None, session)
    return session


@command
async def record_attendance(
    call: Call, session_id: UUID, request: RecordAttendance
) -> AttendanceOutcome:
    """Write an attendance list (R3); a session in the window counts however late it is typed."""
    staff = require_staff(call.actor, "induction.write")
    session = await store.inductions.find(session_id)
    if session is None:
        raise not_found("induction_session")
    require(staff, "induction.write", session.station_id)
    if session.held_on > local_date(call.now):
        raise refuse("date_in_future", "held_on")
    numbers = [normalise_member_number(a.member_no) if a.member_no else None
               for a in request.attendees]  # fmt: skip
    known = await store.volunteers.ids_by_member_number([n for n in numbers if n])
    wanted = [a.volunteer_id or known.get(n or "")
              for a, n in zip(request.attendees, numbers, strict=True)]  # fmt: skip
    volunteers = await store.volunteers.lock({w for w in wanted if w})
    present = await store.inductions.attended(session_id, volunteers)
    journal = Journal(call, volunteers, await store.policies.load())
    rows: list[Attendance] = []
    outcomes = []
    for volunteer_id in wanted:
        volunteer = journal.volunteers.get(volunteer_id) if volunteer_id else None
        if volunteer is None:
            outcomes.append(Attended(outcome="refused", faults=(Fault("volunteer_unknown"),)))
            continue
        if volunteer.id in present:
            fault = Fault("already_on_list")
            outcomes.append(Attended(outcome="refused", volunteer_id=volunteer.id, faults=(fault,)))
            continue
        present.add(volunteer.id)
        row, outcome = _attend(call, journal, session, volunteer, staff.id)
        rows.append(row)
        outcomes.append(outcome)
    await journal.write()
    await store.inductions.attend(rows)
    call.notes.changed(
        None,
        station_id=session.station_id,
        attended=len(rows),
        counted=sum(row.counted for row in rows),
        volunteers=[row.volunteer_id for row in rows],
    )
    call.notes.unchanged = not rows
    return AttendanceOutcome(outcomes)


def _attend(
    call: Call, journal: Journal, session: InductionSession, volunteer: Volunteer, staff_id: UUID
) -> tuple[Attendance, Attended]:
    registration = volunteer.registrations[-1]
    fault = attendance_fault(registration, session.held_on)
    after = attended(registration, session.held_on)
    if after is not None:
        journal.change_registration(volunteer.id, after)
        if after.inducted_on is not None:
            note_induction(journal, volunteer.id, after)
    row = Attendance(
        id=ids.uuid7(),
        session_id=session.id,
        volunteer_id=volunteer.id,
        registration_id=registration.id,
        counted=after is not None,
        recorded_by=staff_id,
        recorded_at=call.now,
    )
    return row, Attended(
        outcome="not_counted" if fault else "counted",
        volunteer_id=volunteer.id,
        state=journal.volunteers[volunteer.id].state(local_date(call.now)),
        faults=(fault,) if fault else (),
    )


async def sessions(
    call: Call, *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[InductionSession]:
    """Sessions of a station, or of all for those who see all."""
    where = stations_seen(call.actor, "induction.write", station_id)
    return await store.inductions.listing(station_id=where, after=after, limit=limit)


async def calendar(
    call: Call, *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[CalendarRow]:
    """Sessions, the latest day first, with how many came. Raises `forbidden`."""
    where = stations_seen(call.actor, "induction.write", station_id)
    return await store.inductions.calendar(station_id=where, after=after, limit=limit)


async def attendance_list(
    call: Call, session_id: UUID
) -> tuple[InductionSession, list[Attendance]]:
    """A session and who is on its list. Raises `not_found`, `forbidden`."""
    session = await store.inductions.find(session_id)
    if session is None:
        stations_seen(call.actor, "induction.write")
        raise not_found("induction_session")
    require(call.actor, "induction.write", session.station_id)
    return session, await store.inductions.list_of(session_id)
