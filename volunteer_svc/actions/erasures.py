"""Erasing a person: who he was is destroyed, what was served stays under the member number."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, answer_place, command
from volunteer_svc.actions.intake import forget_forms_of
from volunteer_svc.actions.journal import Journal
from volunteer_svc.actions.passwords import forgive
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.events import VolunteerErased
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity import person_keys
from volunteer_svc.identity.people import masked_name, open_trail
from volunteer_svc.identity.permissions import require, require_staff, require_volunteer
from volunteer_svc.identity.vault import vault
from volunteer_svc.store import database
from volunteer_svc.store.erasures import Cause, Erasure

_PAGE = 1_000
_OPEN = ("applied", "registered", "active", "suspended")


class AskErasure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why; of a request on paper where it is kept."""

    reason: RequiredReason


class DecideErasure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    decision: Literal["approve", "refuse"]
    reason: RequiredReason


@command
async def ask_erasure(call: Call, volunteer_id: UUID, request: AskErasure) -> Erasure:
    """The volunteer himself asks, or a county account for him; a second person decides.

    Raises `not_found`, `forbidden`, `erasure_waits` (409), `state_forbids` (409).
    """
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    station_id = volunteer.station_id if volunteer else volunteer_id
    require_volunteer(call.actor, "volunteer.erase", volunteer_id, station_id)
    if volunteer is None:
        raise not_found("volunteer")
    if not volunteer.is_there:
        state = volunteer.state(local_date(call.now))
        raise refuse("state_forbids", kind="conflict", state=state)
    erasure = _erasure(call, volunteer_id, "request", request.reason, "waiting")
    try:
        await store.erasures.insert(erasure)
    except database.Violation:
        raise refuse("erasure_waits", kind="conflict") from None
    return erasure


async def waiting_erasures(call: Call, *, after: UUID | None, limit: int) -> list[Erasure]:
    """What waits for a county account's decision."""
    require(call.actor, "volunteer.erase")
    return await store.erasures.waiting(after=after, limit=limit)


@command
async def decide_erasure(call: Call, erasure_id: UUID, request: DecideErasure) -> Erasure:
    """Erase, or refuse with a reason. There is no way back.

    Raises `second_person_required` for who asked and for the person himself, `not_found`,
    `erasure_decided` (409), `forbidden`.
    """
    require(call.actor, "volunteer.erase")
    staff = require_staff(call.actor, "volunteer.erase")
    erasure = await store.erasures.find(erasure_id)
    if erasure is None:
        raise not_found("erasure")
    volunteers = await store.volunteers.lock([erasure.volunteer_id])
    erasure = await store.erasures.find(erasure_id) or erasure
    if erasure.state != "waiting":
        raise refuse("erasure_decided", kind="conflict")
    if staff.id == erasure.asked_by or staff.volunteer_id == erasure.volunteer_id:
        raise refuse("second_person_required", kind="forbidden")
    state = "erased" if request.decision == "approve" else "refused"
    call.notes.changed(f"volunteer/{erasure.volunteer_id}", erasure_id=erasure_id, state=state)
    await store.erasures.decide(erasure_id, state, staff.id, request.reason, call.now)
    if state == "erased":
        # Retention leaves them alone: who applies anew by then is somebody new.
        await forget_forms_of(await store.people.document_hashes(erasure.volunteer_id))
        await _erase(call, volunteers[erasure.volunteer_id])
    return await store.erasures.find(erasure_id) or erasure


async def retire_person(call: Call, volunteer: Volunteer, cause: Cause, reason: str) -> None:
    """Retention's own erasure of a locked volunteer, inside a command."""
    erasure = _erasure(call, volunteer.id, cause, reason, "erased")
    await store.erasures.insert(msgspec.structs.replace(erasure, decided_at=call.now))
    await _erase(call, volunteer)


@command
async def erase_again(call: Call, volunteer_id: UUID) -> bool:
    """After a restore: somebody who was erased since the backup; False: he is not there."""
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    if volunteer is None or not volunteer.is_there:
        call.notes.unchanged = True
        return False
    await store.erasures.drop_waiting(volunteer_id)
    await retire_person(call, volunteer, "restored", "备份恢复后再次删除")
    return True


def _erasure(
    call: Call, volunteer_id: UUID, cause: Cause, reason: str, state: Literal["waiting", "erased"]
) -> Erasure:
    return Erasure(
        id=ids.uuid7(),
        volunteer_id=volunteer_id,
        cause=cause,
        reason=reason,
        asked_by=call.actor.id if isinstance(call.actor, Staff) else None,
        asked_at=call.now,
        state=state,
    )


async def _erase(call: Call, volunteer: Volunteer) -> None:
    """With the files that were merged into his."""
    today = local_date(call.now)
    await store.volunteers.reinstate(volunteer.id, today + timedelta(days=1))
    journal = Journal(call, {volunteer.id: volunteer}, await store.policies.load())
    state, latest = volunteer.state(today), volunteer.registrations[-1]
    if state in _OPEN:
        ended = "declined_on" if state == "applied" else "ended_on"
        journal.change_registration(volunteer.id, msgspec.structs.replace(latest, **{ended: today}))
    event = VolunteerErased(
        volunteer_id=volunteer.id, station_id=volunteer.station_id, erased_on=today
    )
    now = journal.volunteers[volunteer.id]
    journal.change(msgspec.structs.replace(now, revision=now.revision + 1))
    journal.note(volunteer.id, event, station_id=volunteer.station_id)
    await journal.write()
    merged = await store.volunteers.lock(await store.identities.merged_into(volunteer.id))
    files = [volunteer, *merged.values()]
    names = set[str]().union(*[await _names(one.id) for one in files])
    for one in files:
        await _forget_answers(one)
        await forgive(str(one.id))
        await store.erasures.forget_person(one.id, names, masked_name(""), today)


async def _names(volunteer_id: UUID) -> set[str]:
    """The name, and those that stood there before it was mended or files were merged."""
    names = set((await store.people.names([volunteer_id])).values())
    key = (await person_keys.of([volunteer_id])).get(volunteer_id)
    if key is not None:
        for mended in await store.identities.corrections_of(volunteer_id):
            names.add(open_trail(key, mended.before_sealed, mended.id).name)
        for merge in await store.identities.merges_into(volunteer_id):
            names.add(open_trail(key, merge.before_sealed, merge.id).name)
    return names


async def _forget_answers(volunteer: Volunteer) -> None:
    """Answers kept for repeats (sealed by the ring, a week at most) may show him."""
    ring, after = vault(), b""
    marks = [str(volunteer.id).encode()]
    if volunteer.member_no:
        marks.append(volunteer.member_no.encode())
    while page := await store.idempotency.page(after, _PAGE):
        after = page[-1][0]
        about = [
            key_hash
            for key_hash, sealed in page
            if any(mark in ring.open(sealed, answer_place(key_hash)) for mark in marks)
        ]
        await store.idempotency.remove(about)
