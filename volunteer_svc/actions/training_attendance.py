"""Who attended a training: each topic completed, with the day up to which it holds (R4)."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.inductions import ATTENDEES_MAX, Attendee
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, not_found, refuse
from volunteer_svc.domain.events import CompletedTopic, TrainingCompleted, TrainingRevoked
from volunteer_svc.domain.member_number import normalise_member_number
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.domain.training import attendance_fault, valid_until
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity.permissions import require, require_staff, require_volunteer
from volunteer_svc.store.trainings import Completion, Session, Topic


class TrainingList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whoever came, signed up or not."""

    attendees: Annotated[list[Attendee], Meta(min_length=1, max_length=ATTENDEES_MAX)]


class StrikeAttendance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: RequiredReason


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one line of the list."""

    outcome: Literal["counted", "refused"]
    volunteer_id: UUID | None = None
    faults: tuple[Fault, ...] = ()


class TrainingOutcome(msgspec.Struct, frozen=True):
    """One outcome per attendee, in order."""

    outcomes: list[Trained]


@command
async def record_training(call: Call, training_id: UUID, request: TrainingList) -> TrainingOutcome:
    """Write the attendance list, however late. Raises `training_not_yet`, `training_cancelled`
    (409), `not_found`, `forbidden`."""
    staff = require_staff(call.actor, "training.write")
    session = await store.trainings.find_session(training_id, lock=True)
    require(staff, "training.write", session.station_id if session else training_id)
    if session is None:
        raise not_found("training")
    if session.state == "cancelled":
        raise refuse("training_cancelled", kind="conflict")
    if session.starts_at > call.now:
        raise refuse("training_not_yet")
    wanted = await _wanted(request)
    volunteers = await store.volunteers.lock({one for one in wanted if one})
    done = await store.trainings.attended(training_id, volunteers)
    topics = await store.trainings.topics(session.topics)
    journal = Journal(call, volunteers, await store.policies.load())
    rows: list[Completion] = []
    outcomes = []
    for one in wanted:
        volunteer = volunteers.get(one) if one else None
        fault = _fault(call, volunteer, done)
        if fault is not None or volunteer is None:
            faults = (fault or Fault("volunteer_unknown"),)
            outcomes.append(Trained(outcome="refused", volunteer_id=one, faults=faults))
            continue
        done.add(volunteer.id)
        rows += _complete(call, journal, session, topics, volunteer.id, staff.id)
        outcomes.append(Trained(outcome="counted", volunteer_id=volunteer.id))
    await journal.write()
    await store.trainings.complete(rows)
    counted = [one.volunteer_id for one in outcomes if one.outcome == "counted"]
    call.notes.changed(None, volunteers=counted)
    call.notes.unchanged = not counted
    return TrainingOutcome(outcomes)


async def _wanted(request: TrainingList) -> list[UUID | None]:
    numbers = [normalise_member_number(a.member_no) if a.member_no else None
               for a in request.attendees]  # fmt: skip
    known = await store.volunteers.ids_by_member_number([n for n in numbers if n])
    return [a.volunteer_id or known.get(n or "")
            for a, n in zip(request.attendees, numbers, strict=True)]  # fmt: skip


def _fault(call: Call, volunteer: Volunteer | None, done: set[UUID]) -> Fault | None:
    if volunteer is None:
        return Fault("volunteer_unknown")
    if volunteer.id in done:
        return Fault("already_on_list")
    state = volunteer.state(local_date(call.now))
    return attendance_fault(state, member=volunteer.member_no is not None)


def _complete(
    call: Call,
    journal: Journal,
    session: Session,
    topics: dict[str, Topic],
    volunteer_id: UUID,
    staff_id: UUID,
) -> list[Completion]:
    on = local_date(session.starts_at)
    rows = [
        Completion(
            id=ids.uuid7(),
            session_id=session.id,
            volunteer_id=volunteer_id,
            topic=code,
            completed_on=on,
            valid_until=valid_until(on, topics[code].validity_months),
            recorded_by=staff_id,
            recorded_at=call.now,
        )
        for code in session.topics
    ]
    event = TrainingCompleted(
        training_id=session.id,
        volunteer_id=volunteer_id,
        station_id=session.station_id,
        completed_on=on,
        minutes=int((session.ends_at - session.starts_at).total_seconds()) // 60,
        topics=tuple(CompletedTopic(row.topic, row.valid_until) for row in rows),
    )
    journal.note(volunteer_id, event, station_id=session.station_id)
    return rows


@command
async def strike_training(
    call: Call, training_id: UUID, volunteer_id: UUID, request: StrikeAttendance
) -> list[Completion]:
    """He did not come after all: what he completed there counts no more, and stays on the list
    as struck, with who did it and why. The list as it is then.

    Raises `not_on_list`, `not_found`, `forbidden`.
    """
    staff = require_staff(call.actor, "training.write")
    session = await store.trainings.find_session(training_id, lock=True)
    require(staff, "training.write", session.station_id if session else training_id)
    if session is None:
        raise not_found("training")
    volunteers = await store.volunteers.lock([volunteer_id])
    topics = await store.trainings.strike(
        training_id, volunteer_id, call.now, staff.id, request.reason
    )
    if not topics or volunteer_id not in volunteers:
        raise refuse("not_on_list", "volunteer_id")
    journal = Journal(call, volunteers, await store.policies.load())
    event = TrainingRevoked(
        training_id=training_id,
        volunteer_id=volunteer_id,
        station_id=session.station_id,
        topics=tuple(topics),
        revoked_on=local_date(call.now),
    )
    journal.note(volunteer_id, event, station_id=session.station_id)
    await journal.write()
    call.notes.changed(None, volunteer_id=volunteer_id, topics=topics)
    return await store.trainings.attendance(training_id)


@reading
async def attendance_of(call: Call, training_id: UUID) -> list[Completion]:
    """The attendance list, a line for each topic; what was struck has `struck_at`. Raises
    `not_found`, `forbidden`."""
    session = await store.trainings.find_session(training_id)
    require(call.actor, "training.write", session.station_id if session else training_id)
    if session is None:
        raise not_found("training")
    return await store.trainings.attendance(training_id)


class HeldTopic(msgspec.Struct, frozen=True, kw_only=True):
    """A topic completed, and whether it holds today."""

    training_id: UUID
    topic: str
    completed_on: date
    valid_until: date | None
    valid: bool


@reading
async def training_of(call: Call, volunteer_id: UUID) -> list[HeldTopic]:
    """All that a volunteer completed (R5). Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "volunteer.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["training"])
    today = local_date(call.now)
    return [
        HeldTopic(
            training_id=row.session_id,
            topic=row.topic,
            completed_on=row.completed_on,
            valid_until=row.valid_until,
            valid=row.valid_until is None or today <= row.valid_until,
        )
        for row in await store.trainings.completions_of(volunteer_id)
        if row.struck_at is None
    ]
