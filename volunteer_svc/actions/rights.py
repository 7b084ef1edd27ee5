"""A volunteer's own say: corrections with a clock (R14, R17), consents taken back (R18)."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.journal import Journal
from volunteer_svc.actions.positions import end_roles
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import has_reached, local_date
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.events import (
    Event,
    VolunteerDeclined,
    VolunteerExited,
    VolunteerSuspended,
)
from volunteer_svc.domain.policy import Policies
from volunteer_svc.domain.text import Reason, RequiredReason
from volunteer_svc.domain.volunteer import State, Volunteer
from volunteer_svc.identity import person_keys
from volunteer_svc.identity.permissions import (
    require,
    require_staff,
    require_volunteer,
    stations_seen,
)
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.store.rights import Consent, CorrectionRequest, Withdrawal

REQUESTS_MAX = 100


class AskCorrection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wrong in the file, and how it should read."""

    text: Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[^\u0000]*$")]


class ResolveCorrection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`corrected`: it was mended where it stands; `refused`: it is right as it is."""

    outcome: Literal["corrected", "refused"]
    reason: RequiredReason


class CorrectionRequestView(msgspec.Struct, frozen=True, kw_only=True):
    """`due_on`: the last day for the answer. `calendar`: the year's holidays are not known."""

    id: UUID
    volunteer_id: UUID
    station_id: UUID
    text: str
    asked_at: datetime
    due_on: date
    overdue: bool
    calendar: Literal["approximate"] | None
    outcome: Literal["corrected", "refused"] | None
    reason: str | None
    resolved_at: datetime | None


class WithdrawConsent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`rules`: the acceptance of the rules; `guardian`: the guardian's consent."""

    kind: Consent
    reason: Reason = ""


class ConsentWithdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """What followed: the state the volunteer is in now."""

    id: UUID
    kind: Consent
    state: State


@command
async def ask_correction(
    call: Call, volunteer_id: UUID, request: AskCorrection
) -> CorrectionRequestView:
    """By the volunteer, or by the desk for him. Raises `not_found`, `forbidden`."""
    volunteer = await _locked(call, volunteer_id)
    today = local_date(call.now)
    policy = (await store.policies.load()).on(today)
    due = (await store.policies.work_calendar()).deadline(today, policy.complaint_workdays)
    key = await person_keys.ensured(volunteer_id)
    request_id = ids.uuid7()
    row = CorrectionRequest(
        id=request_id,
        volunteer_id=volunteer_id,
        station_id=volunteer.station_id,
        text_sealed=key.seal(request.text.encode(), f"correction-request/{request_id}"),
        asked_at=call.now,
        due_on=due.on,
        due_approximate=due.approximate,
    )
    await store.rights.insert_request(row)
    return request_view(row, key, today)


async def open_correction_requests(
    call: Call, *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[CorrectionRequestView]:
    """Requests that wait for an answer, the next due first; of a station, or of all."""
    scope = stations_seen(call.actor, "volunteer.write", station_id)
    rows = await store.rights.open_requests(station_id=scope, after=after, limit=limit)
    keys = await person_keys.of({row.volunteer_id for row in rows})
    today = local_date(call.now)
    return [
        request_view(row, keys[row.volunteer_id], today) for row in rows if row.volunteer_id in keys
    ]


@reading
async def correction_requests_of(call: Call, volunteer_id: UUID) -> list[CorrectionRequestView]:
    """What was asked for one volunteer, the last first. Raises `not_found`, `forbidden`."""
    station_id = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "volunteer.write", volunteer_id, station_id or volunteer_id)
    if station_id is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["correction_requests"])
    key = (await person_keys.of([volunteer_id])).get(volunteer_id)
    if key is None:  # erased
        return []
    today = local_date(call.now)
    rows = await store.rights.requests_of(volunteer_id)
    return [request_view(row, key, today) for row in reversed(rows)][:REQUESTS_MAX]


@command
async def resolve_correction(
    call: Call, request_id: UUID, request: ResolveCorrection
) -> CorrectionRequestView:
    """The station's answer. Raises `not_found`, `forbidden`, `request_resolved` (409)."""
    staff = require_staff(call.actor, "volunteer.write")
    row = await store.rights.find_request(request_id)
    if row is None:
        raise not_found("correction_request")
    require(staff, "volunteer.write", row.station_id)
    await store.volunteers.lock([row.volunteer_id])
    key = (await person_keys.of([row.volunteer_id])).get(row.volunteer_id)
    if key is None or not await store.rights.resolve_request(
        request_id, request.outcome, request.reason, staff.id, call.now
    ):
        raise refuse("request_resolved", kind="conflict")
    call.notes.changed(f"volunteer/{row.volunteer_id}", outcome=request.outcome)
    row = await store.rights.find_request(request_id) or row
    return request_view(row, key, local_date(call.now))


def request_view(row: CorrectionRequest, key: PersonKey, today: date) -> CorrectionRequestView:
    return CorrectionRequestView(
        id=row.id,
        volunteer_id=row.volunteer_id,
        station_id=row.station_id,
        text=key.open(row.text_sealed, f"correction-request/{row.id}").decode(),
        asked_at=row.asked_at,
        due_on=row.due_on,
        overdue=row.resolved_at is None and today > row.due_on,
        calendar="approximate" if row.due_approximate else None,
        outcome=row.outcome,
        reason=row.reason,
        resolved_at=row.resolved_at,
    )


@command
async def withdraw_consent(
    call: Call, volunteer_id: UUID, request: WithdrawConsent
) -> ConsentWithdrawn:
    """Who takes back the rules leaves (R1); a minor without the guardian's consent (R18) serves
    no more until there is a new one. Raises `state_forbids`, `consent_not_needed`, `forbidden`."""
    volunteer = await _locked(call, volunteer_id)
    today = local_date(call.now)
    policies = await store.policies.load()
    journal = Journal(call, {volunteer.id: volunteer}, policies)
    state = volunteer.state(today)
    event: Event | None
    if request.kind == "guardian":
        # The guardian speaks with the desk: the young person cannot take it back for him.
        require(call.actor, "volunteer.write", volunteer.station_id)
        await _require_minor(volunteer, today, policies)
    if request.kind == "guardian" and state in ("active", "suspended"):
        event = await _suspend(call, volunteer, request.reason, state)
    else:
        event = await _leave(call, journal, volunteer, state, request.reason)
    staff_id = call.actor.id if isinstance(call.actor, Staff) else None
    withdrawal = Withdrawal(
        id=ids.uuid7(),
        volunteer_id=volunteer_id,
        kind=request.kind,
        reason=request.reason,
        recorded_by=staff_id,
        withdrawn_at=call.now,
    )
    await store.rights.insert_withdrawal(withdrawal)
    changed = journal.volunteers[volunteer_id]
    journal.change(msgspec.structs.replace(changed, revision=changed.revision + 1))
    if event is not None:
        journal.note(volunteer_id, event, station_id=volunteer.station_id)
    await journal.write()
    now = (await store.volunteers.load([volunteer_id]))[volunteer_id]
    return ConsentWithdrawn(id=withdrawal.id, kind=request.kind, state=now.state(today))


async def _require_minor(volunteer: Volunteer, today: date, policies: Policies) -> None:
    person = await store.people.find(volunteer.id)
    until = policies.on(volunteer.registrations[-1].applied_on).guardian_until
    if person is None or has_reached(person.birth_date, until, today):
        raise refuse("consent_not_needed", "kind", age=until)


async def _suspend(call: Call, volunteer: Volunteer, reason: str, state: State) -> Event | None:
    if state == "suspended":
        return None
    today, staff = local_date(call.now), require_staff(call.actor, "volunteer.write")
    await store.volunteers.suspend(ids.uuid7(), volunteer.id, today, reason, staff.id)
    return VolunteerSuspended(
        volunteer_id=volunteer.id, station_id=volunteer.station_id, from_on=today
    )


async def _leave(
    call: Call, journal: Journal, volunteer: Volunteer, state: State, reason: str
) -> Event:
    today = local_date(call.now)
    latest = volunteer.registrations[-1]
    if state == "applied":
        declined = msgspec.structs.replace(latest, declined_on=today)
        journal.change_registration(volunteer.id, declined)
        await store.registrations.note_reason(latest.id, "decline_reason", reason)
        return VolunteerDeclined(
            volunteer_id=volunteer.id,
            station_id=latest.station_id,
            registration_id=latest.id,
            declined_on=today,
        )
    if state not in ("registered", "active", "suspended"):
        raise refuse("state_forbids", kind="conflict", state=state)
    await store.volunteers.reinstate(volunteer.id, today + timedelta(days=1))
    journal.change_registration(volunteer.id, msgspec.structs.replace(latest, ended_on=today))
    await store.registrations.note_reason(latest.id, "end_reason", reason)
    await end_roles(call, journal, volunteer.id, reason)
    return VolunteerExited(
        volunteer_id=volunteer.id, station_id=volunteer.station_id, exited_on=today
    )


async def _locked(call: Call, volunteer_id: UUID) -> Volunteer:
    """Raises `not_found`, `forbidden`, `state_forbids` for somebody erased."""
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    station_id = volunteer.station_id if volunteer else volunteer_id
    require_volunteer(call.actor, "volunteer.write", volunteer_id, station_id)
    if volunteer is None:
        raise not_found("volunteer")
    if not volunteer.is_there:
        state = volunteer.state(local_date(call.now))
        raise refuse("state_forbids", kind="conflict", state=state)
    return volunteer
