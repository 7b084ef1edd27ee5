"""The head of all chains: a short text that, signed and held elsewhere, proves the past."""

import hashlib
from datetime import datetime
from uuid import UUID

import msgspec

NO_HEAD = "0" * 64
"""What the first head is chained to."""


class LedgerAt(msgspec.Struct, frozen=True):
    """The ledgers that have moved since the head before: how many, and their last entries.

    `digest` (hex) covers the last hash of each; with `previous` it covers those of all.
    """

    volunteers: int
    digest: str


class TrailAt(msgspec.Struct, frozen=True):
    """Where a trail stands: the number and the hash (hex) of its last entry."""

    seq: int
    hash: str


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`number` counts from 1; `previous` is the SHA-256 (hex) of the text of the head before."""

    version: int = 1
    number: int
    signed_at: datetime
    previous: str
    ledger: LedgerAt
    audit: TrailAt
    access: TrailAt

    def text(self) -> str:
        """What is signed."""
        return msgspec.json.encode(self).decode()


class SignedHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A head as it is exported: the text of a Head, its Ed25519 signature, and by which key."""

    head: str
    signature: bytes
    public_key: bytes

    @property
    def digest(self) -> str:
        """What the next head calls `previous`."""
        return hashlib.sha256(self.head.encode()).hexdigest()


class LedgerDigest:
    """Taken in the order of the volunteers' ids, however many, in no memory."""

    def __init__(self) -> None:
        self._hasher = hashlib.sha256(b"ledger head 1")
        self._volunteers = 0

    def add(self, volunteer_id: UUID, seq: int, last_hash: bytes) -> None:
        """Every part has one length: no two lists have the same bytes."""
        self._volunteers += 1
        self._hasher.update(volunteer_id.bytes + seq.to_bytes(4) + last_hash)

    def at(self) -> LedgerAt:
        return LedgerAt(self._volunteers, self._hasher.hexdigest())
