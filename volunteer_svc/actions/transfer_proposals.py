"""A station proposes that a volunteer moves; he consents, which moves him, or refuses."""

from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.transfers import moved, require_movable
from volunteer_svc.domain.actor import as_volunteer
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.text import Reason, RequiredReason
from volunteer_svc.identity.permissions import (
    reads_free_text,
    require,
    require_staff,
    require_volunteer,
    stations_seen,
)
from volunteer_svc.store import database
from volunteer_svc.store.transfers import Proposal, Transfer


class ProposeTransfer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The volunteer reads the reason."""

    to_station_id: UUID
    reason: RequiredReason


class AnswerProposal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`reason`: who refuses may say why."""

    answer: Literal["consented", "refused"]
    reason: Reason = ""


@command
async def propose_transfer(call: Call, volunteer_id: UUID, request: ProposeTransfer) -> Proposal:
    """Nothing moves before he consents. Raises `transfer_proposed_already` (409),
    `station_unknown`, `same_station`, `state_forbids` (409), `not_found`, `forbidden`."""
    staff = require_staff(call.actor, "volunteer.write")
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    require(staff, "volunteer.write", volunteer.station_id if volunteer else volunteer_id)
    if volunteer is None:
        raise not_found("volunteer")
    await require_movable(volunteer, request.to_station_id, local_date(call.now))
    proposal = Proposal(
        id=ids.uuid7(),
        volunteer_id=volunteer_id,
        from_station_id=volunteer.station_id,
        to_station_id=request.to_station_id,
        reason=request.reason,
        proposed_by=staff.id,
        proposed_at=call.now,
    )
    try:
        await store.transfers.propose(proposal)
    except database.Violation:
        raise refuse("transfer_proposed_already", kind="conflict") from None
    call.notes.changed(None, to_station_id=request.to_station_id)
    return proposal


@command
async def answer_transfer(call: Call, proposal_id: UUID, request: AnswerProposal) -> Proposal:
    """By the volunteer himself, also by staff who volunteer: his consent moves him from today.

    Raises `proposal_over` (409), `station_unknown` for one closed meanwhile, `state_forbids`
    (409), `not_found`, `forbidden`.
    """
    proposal = await _locked(proposal_id)
    asked = proposal.volunteer_id if proposal else proposal_id
    if as_volunteer(call.actor) != asked:
        raise refuse("forbidden", kind="forbidden", permission="transfer.answer")
    if proposal is None:
        raise not_found("transfer_proposal")
    volunteer = (await store.volunteers.lock([asked]))[asked]
    if proposal.answer is not None:
        raise refuse("proposal_over", kind="conflict")
    today, transfer_id = local_date(call.now), None
    if request.answer == "consented":
        await require_movable(volunteer, proposal.to_station_id, today)
        transfer_id = ids.uuid7()
    answered = msgspec.structs.replace(
        proposal,
        answer=request.answer,
        answer_reason=request.reason,
        answered_at=call.now,
        transfer_id=transfer_id,
    )
    if transfer_id is None:
        call.notes.changed(f"volunteer/{asked}", answer=request.answer)
    else:
        transfer = Transfer(
            id=transfer_id,
            volunteer_id=asked,
            from_station_id=volunteer.station_id,
            to_station_id=proposal.to_station_id,
            transferred_on=today,
            consented_on=today,
            consent_given="himself",
            reason=proposal.reason,
            recorded_by=None,
            recorded_at=call.now,
        )
        await moved(call, volunteer, transfer)
    await store.transfers.answer(answered)
    return answered


@command
async def withdraw_proposal(call: Call, proposal_id: UUID) -> Proposal:
    """By the desk that proposed it. Raises `proposal_over` (409), `not_found`, `forbidden`."""
    staff = require_staff(call.actor, "volunteer.write")
    proposal = await _locked(proposal_id)
    require(staff, "volunteer.write", proposal.from_station_id if proposal else proposal_id)
    if proposal is None:
        raise not_found("transfer_proposal")
    if proposal.answer is not None:
        raise refuse("proposal_over", kind="conflict")
    ended = msgspec.structs.replace(proposal, answer="withdrawn", answered_at=call.now)
    await store.transfers.answer(ended)
    call.notes.changed(f"volunteer/{proposal.volunteer_id}", answer="withdrawn")
    return ended


async def _locked(proposal_id: UUID) -> Proposal | None:
    """As it is while its volunteer is locked: whoever moves or leaves ends it."""
    found = await store.transfers.find_proposal(proposal_id)
    if found is not None:
        await store.volunteers.lock([found.volunteer_id])
        found = await store.transfers.find_proposal(proposal_id)
    return found


@reading
async def open_proposals(
    call: Call, *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Proposal]:
    """What waits for volunteers' answers, from a station or to it. Raises `forbidden`."""
    where = stations_seen(call.actor, "volunteer.read", station_id)
    rows = await store.transfers.open_proposals(station_id=where, after=after, limit=limit)
    return [shown(call, row) for row in rows]


@reading
async def proposals_of(call: Call, volunteer_id: UUID) -> list[Proposal]:
    """What was proposed to a volunteer, oldest first. Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "volunteer.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["file"])
    return [shown(call, row) for row in await store.transfers.proposals_of(volunteer_id)]


def shown(call: Call, row: Proposal) -> Proposal:
    if reads_free_text(call.actor):
        return row
    return msgspec.structs.replace(row, reason="", answer_reason="")
