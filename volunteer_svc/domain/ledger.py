"""时数台账: posting minutes to a volunteer moves the total and perhaps the stars."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.policy import Policy
from volunteer_svc.domain.star import StarChange, star_changes, star_of
from volunteer_svc.domain.volunteer import Volunteer

PostingKind = Literal["service", "approval", "correction"]


class Posting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Minutes on their way into the ledger: `minutes_delta` is the difference, never a total."""

    id: UUID
    record_id: UUID
    correction_id: UUID | None = None
    kind: PostingKind
    minutes_delta: int
    station_id: UUID
    served_on: date
    entered_at: datetime


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A posted entry: `seq` is dense per volunteer, `balance` the counted minutes after it."""

    posting: Posting
    volunteer_id: UUID
    seq: int
    balance: int


def post(
    volunteer: Volunteer, posting: Posting, policy: Policy
) -> tuple[Volunteer, LedgerEntry, list[StarChange]]:
    """The volunteer after the posting, the entry, and each star won or lost by it (R6)."""
    before = volunteer.counted_minutes
    balance = before + posting.minutes_delta
    seq = volunteer.ledger_seq + 1
    changes = star_changes(volunteer.star, before, balance, policy)
    after = msgspec.structs.replace(
        volunteer, counted_minutes=balance, star=star_of(balance, policy), ledger_seq=seq
    )
    return (
        after,
        LedgerEntry(posting=posting, volunteer_id=volunteer.id, seq=seq, balance=balance),
        changes,
    )
