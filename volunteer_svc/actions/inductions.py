"""Induction sessions and attendance lists: what makes a registered person a volunteer."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.enrolment import note_induction
from volunteer_svc.actions.journal import Journal
from volunteer_svc.actions.volunteer_view import shown
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, Refusal, not_found, refuse
from volunteer_svc.domain.member_number import normalise_member_number
from volunteer_svc.domain.registration import attendance_fault, attended, sign_up_fault
from volunteer_svc.domain.text import Name, Short
from volunteer_svc.domain.volunteer import State, Volunteer
from volunteer_svc.identity.permissions import (
    require,
    require_staff,
    require_volunteer,
    stations_seen,
)
from volunteer_svc.store import database
from volunteer_svc.store.inductions import (
    Attendance,
    CalendarRow,
    ComingSession,
    InductionSession,
    SignUp,
)

ATTENDEES_MAX = 500
COMING_MAX = 20


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


class SignUpView(msgspec.Struct, frozen=True, kw_only=True):
    """Who means to come: what the desk needs for its list."""

    volunteer_id: UUID
    member_no: str | None
    name: str
    state: State


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
    await store.inductions.take_back({row.volunteer_id for row in rows})
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


@reading
async def coming_sessions(call: Call, volunteer_id: UUID) -> list[ComingSession]:
    """The next sessions of the volunteer's station that would still count for him (R3).

    Raises `not_found`, `forbidden`.
    """
    volunteer = (await store.volunteers.load([volunteer_id])).get(volunteer_id)
    home = volunteer.station_id if volunteer else volunteer_id
    require_volunteer(call.actor, "volunteer.read", volunteer_id, home)
    if volunteer is None:
        raise not_found("volunteer")
    latest = volunteer.registrations[-1]
    return await store.inductions.coming(
        volunteer_id,
        station_id=latest.station_id,
        since=local_date(call.now),
        until=latest.induction_due_on,
        limit=COMING_MAX,
    )


@command
async def sign_up(call: Call, volunteer_id: UUID, session_id: UUID) -> ComingSession:
    """The volunteer says, or the desk for him, that he will come; in the place of a session he
    said so of before. Raises `not_found`, `forbidden`, `induction_over`, or why it would not
    count."""
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    home = volunteer.station_id if volunteer else volunteer_id
    require_volunteer(call.actor, "volunteer.write", volunteer_id, home)
    if volunteer is None:
        raise not_found("volunteer")
    latest = volunteer.registrations[-1]
    session = await store.inductions.find(session_id)
    if session is None or session.station_id != latest.station_id:
        raise not_found("induction_session")
    state = volunteer.state(local_date(call.now))
    fault = sign_up_fault(latest, session.held_on, local_date(call.now))
    if fault is not None:
        raise Refusal(fault)
    if state not in ("applied", "registered"):
        raise refuse("state_forbids", kind="conflict", state=state)
    await store.inductions.sign_up(
        SignUp(volunteer_id=volunteer_id, session_id=session_id, signed_up_at=call.now)
    )
    call.notes.changed(None, session_id=session_id)
    return ComingSession(
        id=session.id,
        station_id=session.station_id,
        held_on=session.held_on,
        place=session.place,
        signed_up=True,
    )


@command
async def cancel_sign_up(call: Call, volunteer_id: UUID) -> None:
    """He will not come after all. Who was not signed up is not either. Raises `not_found`,
    `forbidden`."""
    station_id = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "volunteer.write", volunteer_id, station_id or volunteer_id)
    if station_id is None:
        raise not_found("volunteer")
    if not await store.inductions.take_back([volunteer_id]):
        call.notes.unchanged = True


@reading
async def sign_ups(call: Call, session_id: UUID) -> list[SignUpView]:
    """Who means to come, in the order they said so. Raises `not_found`, `forbidden`."""
    session = await store.inductions.find(session_id)
    if session is None:
        stations_seen(call.actor, "induction.write")
        raise not_found("induction_session")
    require(call.actor, "induction.write", session.station_id)
    wanted = await store.inductions.signed_up(session_id, ATTENDEES_MAX)
    volunteers = await store.volunteers.load(wanted)
    views = await shown(call, [volunteers[one] for one in wanted if one in volunteers])
    return [
        SignUpView(volunteer_id=one.id, member_no=one.member_no, name=one.name, state=one.state)
        for one in views
    ]


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
