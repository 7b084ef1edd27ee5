"""Signed heads against the chains of today: whether the past is still what it was."""

from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from volunteer_svc.domain.head import NO_HEAD, Head, LedgerDigest, SignedHead
from volunteer_svc.domain.proof import Difference
from volunteer_svc.domain.trail import TRAILS
from volunteer_svc.identity.signing import is_signed
from volunteer_svc.store.trails import TABLES
from volunteer_svc.store.verification import Snapshot

_TABLE = "signed_head"


async def verify_heads(
    snapshot: Snapshot, known: frozenset[bytes] | None, kept: SignedHead | None
) -> AsyncGenerator[Difference]:
    """Every difference between the heads that were signed and what the chains give now.

    `known`: the public keys that are ours; None: the key file is not here, and each head is
    checked against the key it names. `kept`: a copy held elsewhere, its signature checked.
    """
    marks = _Marks(snapshot)
    number, previous, told = 0, NO_HEAD, await snapshot.told_head()
    wanted = {} if kept is None else {_head_of(kept).number: kept.head}
    if told is not None:
        wanted.setdefault(told.number, told.head)
    async for found, signed in snapshot.heads():
        number, row = number + 1, f"number {found}"
        if found != number:
            yield Difference(_TABLE, f"number {number}", "number", number, found)
            return
        if known is not None and signed.public_key not in known:
            yield Difference(_TABLE, row, "public_key", "a key of ours", signed.public_key)
        if not is_signed(signed.head, signed.signature, signed.public_key):
            yield Difference(_TABLE, row, "signature", "the signature of the body", "another")
            return
        head = _head_of(signed)
        expected = wanted.pop(number, signed.head)
        if expected != signed.head:
            yield Difference(_TABLE, row, "body", expected, signed.head)
        if (head.number, head.previous) != (number, previous):
            yield Difference(_TABLE, row, "body", (number, previous), (head.number, head.previous))
        previous = signed.digest
        async for difference in _chains(snapshot, marks, head):
            yield difference
    for missing, text in sorted(wanted.items()):
        yield Difference(_TABLE, f"number {missing}", "body", text, None)


async def _chains(snapshot: Snapshot, marks: "_Marks", head: Head) -> AsyncGenerator[Difference]:
    """Whether ledger and trails still contain what the head says of them."""
    ledger = (await marks.of(head.number)).at()
    if ledger != head.ledger:
        row = f"ledgers at head {head.number}"
        yield Difference("ledger_entry", row, "hash", head.ledger.digest, ledger.digest)
    for trail in TRAILS:
        at = head.audit if trail == "audit" else head.access
        hashed = await snapshot.hash_at(trail, at.seq)
        if hashed is None or hashed.hex() != at.hash:
            row = f"seq {at.seq} at head {head.number}"
            yield Difference(TABLES[trail], row, "hash", at.hash, hashed)


def _head_of(signed: SignedHead) -> Head:
    return msgspec.json.decode(signed.head, type=Head)


class _Marks:
    """The marks of head after head, from one stream."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._rows = snapshot.marks()
        self._next: Any = None

    async def of(self, number: int) -> LedgerDigest:
        """The digest of a head's marks; marks of earlier heads are passed over."""
        digest = LedgerDigest()
        while True:
            if self._next is None:
                self._next = await anext(self._rows, None)
            if self._next is None or self._next["head_number"] > number:
                return digest
            row, self._next = self._next, None
            if row["head_number"] == number:
                digest.add(row["volunteer_id"], row["seq"], row["hash"] or b"")
