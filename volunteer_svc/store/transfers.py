"""Transfers from one home station to another."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch, fetch_row

Consent = Literal["signed", "spoken", "himself"]
Answer = Literal["consented", "refused", "withdrawn", "over"]
"""`withdrawn` by the desk; `over`: he moved, left or was merged meanwhile."""


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """`recorded_by` is None when the volunteer asked himself, which is his consent."""

    id: UUID
    volunteer_id: UUID
    from_station_id: UUID
    to_station_id: UUID
    transferred_on: date
    consented_on: date
    consent_given: Consent
    reason: str
    recorded_by: UUID | None
    recorded_at: datetime


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Another home station, proposed by the desk; `answer` None: the volunteer was asked."""

    id: UUID
    volunteer_id: UUID
    from_station_id: UUID
    to_station_id: UUID
    reason: str
    proposed_by: UUID
    proposed_at: datetime
    answer: Answer | None = None
    answer_reason: str = ""
    answered_at: datetime | None = None
    transfer_id: UUID | None = None


_PROPOSAL = ", ".join(Proposal.__struct_fields__)


async def insert(transfer: Transfer) -> None:
    await tables.Transfer.insert(tables.Transfer(**msgspec.structs.asdict(transfer)))


async def of(volunteer_id: UUID) -> list[Transfer]:
    """In the order they were made."""
    rows = await fetch(
        f"SELECT {', '.join(Transfer.__struct_fields__)} FROM transfer WHERE volunteer_id = $1"
        " ORDER BY id",
        volunteer_id,
    )
    return [Transfer(**row) for row in rows]


async def propose(proposal: Proposal) -> None:
    """Raises database.Violation while another one waits for his answer."""
    row = tables.TransferProposal(**msgspec.structs.asdict(proposal))
    await tables.TransferProposal.insert(row)


async def find_proposal(proposal_id: UUID) -> Proposal | None:
    row = await fetch_row(f"SELECT {_PROPOSAL} FROM transfer_proposal WHERE id = $1", proposal_id)
    return Proposal(**row) if row else None


async def answer(proposal: Proposal) -> None:
    """Save the answer; its volunteer is locked."""
    await execute(
        "UPDATE transfer_proposal SET answer = $2, answer_reason = $3, answered_at = $4,"
        " transfer_id = $5 WHERE id = $1",
        proposal.id, proposal.answer, proposal.answer_reason, proposal.answered_at,
        proposal.transfer_id,
    )  # fmt: skip


async def end_open(volunteer_id: UUID, now: datetime) -> None:
    """What was proposed to him is over without his answer."""
    await execute(
        "UPDATE transfer_proposal SET answer = 'over', answered_at = greatest($2, proposed_at)"
        " WHERE volunteer_id = $1 AND answer IS NULL",
        volunteer_id, now,
    )  # fmt: skip


async def open_proposals(
    *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Proposal]:
    """From a station or to it, that wait for an answer, in the order they were made."""
    rows = await fetch(
        f"SELECT {_PROPOSAL} FROM transfer_proposal WHERE answer IS NULL"
        " AND ($1::uuid IS NULL OR $1 IN (from_station_id, to_station_id))"
        " AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        station_id, after, limit,
    )  # fmt: skip
    return [Proposal(**row) for row in rows]


async def proposals_of(volunteer_id: UUID) -> list[Proposal]:
    """All of a volunteer's, oldest first."""
    rows = await fetch(
        f"SELECT {_PROPOSAL} FROM transfer_proposal WHERE volunteer_id = $1 ORDER BY id",
        volunteer_id,
    )
    return [Proposal(**row) for row in rows]
