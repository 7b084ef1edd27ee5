"""How somebody is a member: suspended, back, asked to move, moved; complaints by him and of him."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import (
    complaint_files,
    complaints,
    membership,
    named,
    transfer_proposals,
    transfers,
    volunteers,
)
from volunteer_svc.actions.complaints import Complain
from volunteer_svc.actions.transfer_proposals import ProposeTransfer
from volunteer_svc.actions.transfers import TransferVolunteer
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.visit import Visit, page

OF = "/staff/volunteers/{volunteer_id:uuid}"
COMPLAINTS_MAX = 100
PAGE_LENGTH = 50


class _Which(msgspec.Struct, frozen=True):
    proposal_id: UUID


@get(f"{OF}/membership", **page("readVolunteer"))
async def show_membership(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    return await _membership(visit, volunteer_id)


@post(f"{OF}/membership", **page("withdrawTransferProposal"))
async def withdraw(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    try:
        which = visit.form.into(_Which).proposal_id
        await transfer_proposals.withdraw_proposal.once(visit.once(), visit.call, which)
    except Refusal as refusal:
        return await _membership(visit, volunteer_id, refusal)
    return visit.done(f"/staff/volunteers/{volunteer_id}/membership", "membership.withdrawn_said")


@get(f"{OF}/propose", **page("proposeTransfer"))
async def show_propose(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    return visit.page("membership/propose.html", **await _move(visit, volunteer_id))


@post(f"{OF}/propose", **page("proposeTransfer"))
async def propose(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(ProposeTransfer)
        act = transfer_proposals.propose_transfer
        await act.once(visit.once(), visit.call, volunteer_id, request)
    except Refusal as refusal:
        context = await _move(visit, volunteer_id)
        return visit.again("membership/propose.html", refusal, **context)
    return visit.done(f"/staff/volunteers/{volunteer_id}/membership", "membership.proposed_said")


@get(f"{OF}/transfer", **page("transferVolunteer"))
async def show_transfer(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    return visit.page("membership/transfer.html", **await _move(visit, volunteer_id))


@post(f"{OF}/transfer", **page("transferVolunteer"))
async def transfer(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    """With the consent that the desk has on paper or was told."""
    try:
        request = visit.form.into(TransferVolunteer)
        act = transfers.transfer_volunteer
        await act.once(visit.once(), visit.call, volunteer_id, request, None)
    except Refusal as refusal:
        context = await _move(visit, volunteer_id)
        return visit.again("membership/transfer.html", refusal, **context)
    return visit.done("/staff/volunteers", "membership.moved_said")


@get(f"{OF}/complaints", **page("openComplaint"))
async def show_complaints(
    visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]
) -> Response[bytes]:
    return await _complaints(visit, volunteer_id)


@post(f"{OF}/complaints", **page("openComplaint"))
async def complain(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(Complain)
        await complaints.open_complaint.once(visit.once(), visit.call, volunteer_id, request)
    except Refusal as refusal:
        return await _complaints(visit, volunteer_id, refusal)
    return visit.done(f"/staff/volunteers/{volunteer_id}/complaints", "complaints.opened_said")


@get("/staff/transfers", **page("listTransferProposals"))
async def show_proposals(visit: NamedDependency[Visit]) -> Response[bytes]:
    """From the station and to it: both ends see what was proposed."""
    asked = visit.asked(PAGE_LENGTH)
    rows = await transfer_proposals.open_proposals(
        visit.call, station_id=None, after=asked.after_id(), limit=asked.fetch
    )
    listed = asked.page(rows, lambda one: one.id)
    wanted = [one.volunteer_id for one in listed.items]
    return visit.page(
        "membership/proposals.html",
        listed=listed,
        people=await named.volunteers_named(visit.call, wanted),
        stations=await named.stations_named(),
    )


async def _move(visit: Visit, volunteer_id: UUID) -> dict[str, Any]:
    person = await volunteers.read_volunteer(visit.call, volunteer_id)
    known, today = await named.stations_named(), local_date(visit.call.now)
    return {
        "person": person,
        "choices": [(one.id, one.name) for one in known.values()
                    if one.id != person.station_id
                    and (one.closed_on is None or today < one.closed_on)],
    }  # fmt: skip


async def _membership(
    visit: Visit, volunteer_id: UUID, refusal: Refusal | None = None
) -> Response[bytes]:
    person = await volunteers.read_volunteer(visit.call, volunteer_id)
    context: dict[str, Any] = {
        "person": person,
        "member": await membership.membership_of(visit.call, volunteer_id),
        "stations": await named.stations_named(),
    }
    if refusal is not None:
        return visit.again("membership/membership.html", refusal, **context)
    return visit.page("membership/membership.html", **context)


async def _complaints(
    visit: Visit, volunteer_id: UUID, refusal: Refusal | None = None
) -> Response[bytes]:
    """Who hears complaints sees all, the desk only what the volunteer said himself."""
    person = await volunteers.read_volunteer(visit.call, volunteer_id)
    rows = (
        await complaint_files.complaints_of(visit.call, volunteer_id)
        if visit.may("readComplaint")
        else await complaints.complaints_by(
            visit.call, volunteer_id, after=None, limit=COMPLAINTS_MAX
        )
    )
    context: dict[str, Any] = {"person": person, "rows": rows}
    if refusal is not None:
        return visit.again("membership/complaints.html", refusal, **context)
    return visit.page("membership/complaints.html", **context)


router = Router("/", route_handlers=[
    show_membership, withdraw, show_propose, propose, show_transfer, transfer, show_complaints,
    complain, show_proposals,
])  # fmt: skip
