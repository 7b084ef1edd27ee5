"""Honours from outside: the station nominates, what was granted is recorded with evidence (R8)."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.award import nomination_fault
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.events import AwardGranted, AwardRevoked
from volunteer_svc.domain.text import RequiredReason, Title
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity.permissions import (
    reads_free_text,
    require,
    require_staff,
    require_volunteer,
    stations_seen,
)
from volunteer_svc.store import database
from volunteer_svc.store.awards import Award, Nomination

Reference = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[^\u0000]*$")]
"""Where the evidence lies: the number of a letter, a certificate, a file in the cabinet."""


class Nominate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    honour: Title
    awarding_body: Title
    reason: RequiredReason
    evidence_reference: Reference


class CloseNomination(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That it was awarded is said by recording the award."""

    outcome: Literal["not_awarded", "withdrawn"]


class RecordAward(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`nomination_id`: the nomination that it came of, if any."""

    name: Title
    granted_by: Title
    granted_on: date
    evidence_reference: Reference
    nomination_id: UUID | None = None


class RevokeAward(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: RequiredReason


@command
async def nominate(call: Call, volunteer_id: UUID, request: Nominate) -> Nomination:
    """Raises `nominated_already` (409), `own_award`, `state_forbids`, `not_found`, `forbidden`."""
    staff = require_staff(call.actor, "award.write")
    volunteer = await _locked(call, volunteer_id)
    today = local_date(call.now)
    state = volunteer.state(today)
    if state != "active":
        raise refuse("state_forbids", kind="conflict", state=state)
    nomination = Nomination(
        id=ids.uuid7(),
        volunteer_id=volunteer_id,
        station_id=volunteer.station_id,
        **msgspec.structs.asdict(request),
        counted_minutes=volunteer.counted_minutes,
        nominated_on=today,
        nominated_by=staff.id,
    )
    try:
        await store.awards.insert_nomination(nomination)
    except database.Violation:
        raise refuse("nominated_already", kind="conflict") from None
    call.notes.changed(None, None, nomination)
    return nomination


@command
async def close_nomination(call: Call, nomination_id: UUID, request: CloseNomination) -> Nomination:
    """Nothing came of it. Raises `nomination_closed`, `not_found`, `forbidden`."""
    nomination = await store.awards.find_nomination(nomination_id)
    require(call.actor, "award.write", nomination.station_id if nomination else nomination_id)
    if nomination is None:
        raise not_found("nomination")
    fault = nomination_fault(nomination.state)
    if fault is not None:
        raise Refusal(fault, kind="conflict")
    today = local_date(call.now)
    await store.awards.close_nomination(nomination_id, request.outcome, today)
    call.notes.changed(None, {"state": nomination.state}, {"state": request.outcome})
    return msgspec.structs.replace(nomination, state=request.outcome, closed_on=today)


@reading
async def nominations(
    call: Call, *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Nomination]:
    where = stations_seen(call.actor, "award.write", station_id)
    return await store.awards.nominations(station_id=where, after=after, limit=limit)


@command
async def record_award(call: Call, volunteer_id: UUID, request: RecordAward) -> Award:
    """Granted by an outside body. Raises `date_in_future`, `nomination_unknown`,
    `nomination_closed`, `own_award`, `not_found`, `forbidden`."""
    staff = require_staff(call.actor, "award.write")
    volunteer = await _locked(call, volunteer_id)
    if request.granted_on > local_date(call.now):
        raise refuse("date_in_future", "granted_on")
    if request.nomination_id is not None:
        await _award_nomination(request.nomination_id, volunteer_id, request.granted_on)
    award = Award(
        id=ids.uuid7(),
        volunteer_id=volunteer_id,
        station_id=volunteer.station_id,
        **msgspec.structs.asdict(request),
        recorded_by=staff.id,
        recorded_at=call.now,
    )
    await store.awards.insert(award)
    journal = Journal(call, {volunteer_id: volunteer}, await store.policies.load())
    event = AwardGranted(
        award_id=award.id,
        volunteer_id=volunteer_id,
        station_id=volunteer.station_id,
        nomination_id=award.nomination_id,
        granted_on=award.granted_on,
    )
    journal.note(volunteer_id, event, station_id=volunteer.station_id)
    await journal.write()
    call.notes.changed(None, None, award)
    return award


async def _award_nomination(nomination_id: UUID, volunteer_id: UUID, on: date) -> None:
    nomination = await store.awards.find_nomination(nomination_id)
    if nomination is None or nomination.volunteer_id != volunteer_id:
        raise refuse("nomination_unknown", "nomination_id")
    fault = nomination_fault(nomination.state)
    if fault is not None:
        raise Refusal(fault, kind="conflict")
    await store.awards.close_nomination(nomination_id, "awarded", max(on, nomination.nominated_on))


@command
async def revoke_award(call: Call, award_id: UUID, request: RevokeAward) -> Award:
    """It was taken back, or entered in error. Raises `award_revoked` (409), `not_found`."""
    staff = require_staff(call.actor, "award.write")
    award = await store.awards.find(award_id)
    require(staff, "award.write", award.station_id if award else award_id)
    if award is None:
        raise not_found("award")
    volunteers = await store.volunteers.lock([award.volunteer_id])
    today = local_date(call.now)
    if not await store.awards.revoke(award_id, today, staff.id, request.reason):
        raise refuse("award_revoked", kind="conflict")
    journal = Journal(call, volunteers, await store.policies.load())
    event = AwardRevoked(
        award_id=award_id,
        volunteer_id=award.volunteer_id,
        station_id=award.station_id,
        revoked_on=today,
    )
    journal.note(award.volunteer_id, event, station_id=award.station_id)
    await journal.write()
    call.notes.changed(f"volunteer/{award.volunteer_id}", award_id=award_id)
    return await store.awards.find(award_id) or award


@reading
async def awards_of(call: Call, volunteer_id: UUID) -> list[Award]:
    """All of a volunteer's, revoked ones marked. Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "volunteer.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["awards"])
    rows = await store.awards.of(volunteer_id)
    if reads_free_text(call.actor):
        return rows
    return [msgspec.structs.replace(r, evidence_reference="", revoke_reason=None) for r in rows]


@reading
async def newest_awards(
    call: Call, *, station_id: UUID | None, before: UUID | None, limit: int
) -> list[Award]:
    """Of the station's volunteers, the last recorded first. Raises `forbidden`."""
    where = stations_seen(call.actor, "award.write", station_id)
    return await store.awards.newest(station_id=where, before=before, limit=limit)


@reading
async def open_nominations(
    call: Call, *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Nomination]:
    """Those that wait for the awarding body. Raises `forbidden`."""
    where = stations_seen(call.actor, "award.write", station_id)
    return await store.awards.open_nominations(station_id=where, after=after, limit=limit)


@reading
async def nominations_of(call: Call, volunteer_id: UUID) -> list[Nomination]:
    """All of a volunteer's, oldest first. Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "volunteer.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["awards"])
    rows = await store.awards.nominations_of(volunteer_id)
    if reads_free_text(call.actor):
        return rows
    return [msgspec.structs.replace(row, reason="", evidence_reference="") for row in rows]


async def _locked(call: Call, volunteer_id: UUID) -> Volunteer:
    """Raises `not_found`, `forbidden`, `own_award`, `state_forbids` for somebody erased."""
    staff = require_staff(call.actor, "award.write")
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    require(staff, "award.write", volunteer.station_id if volunteer else volunteer_id)
    if volunteer is None:
        raise not_found("volunteer")
    if staff.volunteer_id == volunteer_id:
        raise refuse("own_award")
    if not volunteer.is_there:
        state = volunteer.state(local_date(call.now))
        raise refuse("state_forbids", kind="conflict", state=state)
    return volunteer
