"""Another home station, proposed to a volunteer, and his answer."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from volunteer_svc.actions import transfer_proposals
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.transfer_proposals import AnswerProposal, ProposeTransfer
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.store.transfers import Proposal


@post(
    "/volunteers/{volunteer_id:uuid}/transfer-proposals",
    **documented("proposeTransfer", "Ask a volunteer whether he wants to move", 404, *WRITES),
)
async def propose_transfer(
    volunteer_id: FromPath[UUID],
    data: JSONBody[ProposeTransfer],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Proposal:
    return await transfer_proposals.propose_transfer.once(once, call, volunteer_id, data)


@get(
    "/volunteers/{volunteer_id:uuid}/transfer-proposals",
    **documented("readTransferProposalsOfVolunteer", "What was proposed to somebody", 404),
)
async def list_proposals_of_volunteer(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call]
) -> list[Proposal]:
    return await transfer_proposals.proposals_of(call, volunteer_id)


@get(
    "/transfer-proposals",
    **documented("listTransferProposals", "What waits for answers, from a station or to it"),
)
async def list_proposals(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
) -> Page[Proposal]:
    rows = await transfer_proposals.open_proposals(
        call, station_id=station_id, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


@post(
    "/transfer-proposals/{proposal_id:uuid}/answer",
    status_code=200,
    **documented("answerTransferProposal", "Consent, which moves him, or refuse", 404, *WRITES),
)
async def answer_proposal(
    proposal_id: FromPath[UUID],
    data: JSONBody[AnswerProposal],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Proposal:
    return await transfer_proposals.answer_transfer.once(once, call, proposal_id, data)


@post(
    "/transfer-proposals/{proposal_id:uuid}/withdraw",
    status_code=200,
    **documented("withdrawTransferProposal", "Take the proposal back", 404, 409, 422),
)
async def withdraw_proposal(
    proposal_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Proposal:
    return await transfer_proposals.withdraw_proposal.once(once, call, proposal_id)


router = Router(
    "/",
    tags=["volunteers"],
    route_handlers=[
        propose_transfer, list_proposals_of_volunteer, list_proposals, answer_proposal,
        withdraw_proposal,
    ],
)  # fmt: skip
