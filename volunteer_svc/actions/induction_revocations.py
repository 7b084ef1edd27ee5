"""Taking an induction back: the wrong person was ticked, and is no volunteer (R1, R3)."""

from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.enrolment import note_induction, note_lapse
from volunteer_svc.actions.journal import Journal
from volunteer_svc.actions.positions import end_posts
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.events import InductionRevoked
from volunteer_svc.domain.registration import revocation_fault, without_induction
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.domain.volunteer import Registration, Volunteer
from volunteer_svc.identity.permissions import require, require_staff
from volunteer_svc.store.inductions import Attendance, AttendedDay, InductionSession

_REVOCABLE = ("applied", "active", "suspended")


class RevokeInduction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: RequiredReason


@command
async def revoke_induction(
    call: Call, session_id: UUID, volunteer_id: UUID, request: RevokeInduction
) -> list[Attendance]:
    """He was not there: his registration waits for its induction again, to the same day, and has
    lapsed where that is past. The line stays on the list, with who took it back and why. The list
    as it is then.

    Raises `not_on_list`, `state_forbids`, `induction_not_deciding`, `served_since_induction` (409
    each), `second_person_required`, `not_found`, `forbidden`.
    """
    staff = require_staff(call.actor, "induction.revoke")
    session = await store.inductions.find(session_id)
    require(staff, "induction.revoke", session.station_id if session else session_id)
    if session is None:
        raise not_found("induction_session")
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    line = await store.inductions.line_of(session_id, volunteer_id)
    if volunteer is None or line is None:
        raise refuse("not_on_list", "volunteer_id")
    if line.recorded_by == staff.id:
        raise refuse("second_person_required", kind="forbidden")
    _require_revocable(call, volunteer, session, line)
    before = volunteer.registrations[-1]
    left = [one for one in await store.inductions.standing(before.id) if one.id != line.id]
    after = without_induction(before, [one.held_on for one in left])
    await _require_not_served(volunteer, before, after)
    await store.inductions.revoke(line.id, call.now, staff.id, request.reason)
    await _count_next(after, left)
    journal = Journal(call, {volunteer_id: volunteer}, await store.policies.load())
    await _change(call, journal, volunteer, after, request.reason)
    await journal.write()
    today = local_date(call.now)
    call.notes.changed(
        f"volunteer/{volunteer_id}",
        {"state": volunteer.state(today), "inducted_on": before.inducted_on},
        {
            "state": journal.volunteers[volunteer_id].state(today),
            "inducted_on": after.inducted_on,
            "session_id": session_id,
        },
    )
    return await store.inductions.list_of(session_id)


def _require_revocable(
    call: Call, volunteer: Volunteer, session: InductionSession, line: Attendance
) -> None:
    state = volunteer.state(local_date(call.now))
    if state not in _REVOCABLE:
        raise refuse("state_forbids", kind="conflict", state=state)
    latest = volunteer.registrations[-1]
    counted = line.counted and line.registration_id == latest.id
    fault = revocation_fault(latest, session.held_on, counted=counted)
    if fault is not None:
        raise Refusal(fault, kind="conflict")


async def _require_not_served(
    volunteer: Volunteer, before: Registration, after: Registration
) -> None:
    """Hours that would have been refused without the induction are corrected first.

    Who is left without any has no hours at all: historical ones, too, need one at some time.
    """
    if before.inducted_on is None:
        return
    registrations = (*volunteer.registrations[:-1], after)
    ever = msgspec.structs.replace(volunteer, registrations=registrations).inducted_on()
    since = before.inducted_on if ever is not None else date.min
    served = await store.service_records.standing_days(volunteer.id, since, after.inducted_on)
    if served:
        raise refuse(
            "served_since_induction",
            kind="conflict",
            records=len(served),
            served_on=served[0].isoformat(),
        )


async def _count_next(after: Registration, left: list[AttendedDay]) -> None:
    """Of several sessions that he attended the next one makes him active."""
    if after.attended_on is not None:
        await store.inductions.count_line(
            next(one.id for one in left if one.held_on == after.attended_on)
        )


async def _change(
    call: Call, journal: Journal, volunteer: Volunteer, after: Registration, reason: str
) -> None:
    before, today = volunteer.registrations[-1], local_date(call.now)
    journal.change_registration(volunteer.id, after)
    if before.inducted_on is None or before.inducted_on == after.inducted_on:
        return  # nobody was told that he is active, or it stays true
    event = InductionRevoked(
        volunteer_id=volunteer.id,
        registration_id=after.id,
        station_id=after.station_id,
        inducted_on=before.inducted_on,
        revoked_on=today,
    )
    journal.note(volunteer.id, event, station_id=after.station_id)
    if after.inducted_on is not None:
        note_induction(journal, volunteer.id, after)
        return
    await end_posts(call, journal, volunteer.id, reason)
    # The induction had voided a lapse that was told already: it is told again, now or in time.
    lapsed = after.lapsed(today)
    await store.registrations.restate_lapse(after.id, today if lapsed else None)
    if lapsed:
        note_lapse(journal, volunteer.id, after)
