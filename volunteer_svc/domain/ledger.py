"""时数台账: posting minutes to a volunteer moves the total and perhaps the stars.

The entries of one volunteer are a chain: each carries a hash over itself and the hash before it.
"""

import hashlib
import struct
from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.policy import Policy
from volunteer_svc.domain.star import StarChange, star_changes, star_of
from volunteer_svc.domain.volunteer import Volunteer

PostingKind = Literal["service", "approval", "correction"]

# Version 1. Every field is a length (int32) and what PostgreSQL sends of the value in binary, so
# that `ledger_hash()` in the database says the same: integers big-endian, instants in
# microseconds and days in days since 2000-01-01, no value as length -1.
_VERSION = b"ledger 1"
_HEAD = struct.pack(">i", len(_VERSION)) + _VERSION
_FIXED = struct.Struct(">i16si16siii16siiiii16siiiqi32s")
_LENGTH = struct.Struct(">i")
_NONE = _LENGTH.pack(-1)
_UUID_BYTES = _LENGTH.pack(16)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY = _EPOCH.toordinal()


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
    """A posted entry: `seq` is dense per volunteer, `balance` the counted minutes after it.

    `hash`: 32 bytes over the entry and the hash of the volunteer's entry before it.
    """

    posting: Posting
    volunteer_id: UUID
    seq: int
    balance: int
    hash: bytes


def entry_hash(
    posting: Posting, volunteer_id: UUID, *, seq: int, balance: int, previous: bytes
) -> bytes:
    """The hash of a ledger entry; `previous` is that of the volunteer's entry before it."""
    since = posting.entered_at - _EPOCH
    kind = posting.kind.encode()
    correction_id = posting.correction_id
    fixed = _FIXED.pack(
        16, posting.id.bytes, 16, volunteer_id.bytes, 4, seq, 16, posting.record_id.bytes,
        4, posting.minutes_delta, 4, balance, 16, posting.station_id.bytes,
        4, posting.served_on.toordinal() - _EPOCH_DAY,
        8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds,
        32, previous,
    )  # fmt: skip
    last = _NONE if correction_id is None else _UUID_BYTES + correction_id.bytes
    return hashlib.sha256(_HEAD + fixed + _LENGTH.pack(len(kind)) + kind + last).digest()


def post(
    volunteer: Volunteer, posting: Posting, policy: Policy
) -> tuple[Volunteer, LedgerEntry, list[StarChange]]:
    """The volunteer after the posting, the entry, and each star won or lost by it (R6)."""
    before = volunteer.counted_minutes
    balance = before + posting.minutes_delta
    seq = volunteer.ledger_seq + 1
    changes = star_changes(volunteer.star, before, balance, policy)
    hashed = entry_hash(
        posting, volunteer.id, seq=seq, balance=balance, previous=volunteer.ledger_hash
    )
    after = msgspec.structs.replace(
        volunteer,
        counted_minutes=balance,
        star=star_of(balance, policy),
        ledger_seq=seq,
        ledger_hash=hashed,
    )
    entry = LedgerEntry(
        posting=posting, volunteer_id=volunteer.id, seq=seq, balance=balance, hash=hashed
    )
    return after, entry, changes
