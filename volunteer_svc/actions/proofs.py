"""What proves the past to an auditor: the times all was recomputed, and the signed heads."""

from datetime import datetime

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.domain.head import SignedHead
from volunteer_svc.domain.proof import Difference
from volunteer_svc.identity.permissions import require
from volunteer_svc.identity.signing import is_signed
from volunteer_svc.store.verification_runs import VerificationRun

HEADS_MAX = 5_000
"""More than thirteen years of days."""
_SHOWN_MAX = 256


class HeadView(msgspec.Struct, frozen=True):
    """`signed`: the signature fits the text and the key that the head names."""

    number: int
    signed_at: datetime
    digest: str
    public_key: bytes
    signed: bool


@command
async def note_verification(
    call: Call,
    started_at: datetime,
    counts: dict[str, int],
    differences: int,
    first: Difference | None,
) -> VerificationRun:
    """Keep what a verification found. What differs is named, its values are not."""
    name = None if first is None else f"{first.table} / {first.row} / {first.column}"
    run = VerificationRun(
        id=ids.uuid7(),
        started_at=started_at,
        finished_at=call.now,
        differences=differences,
        first_difference=name and name[:_SHOWN_MAX],
        counts=counts,
    )
    await store.verification_runs.insert(run)
    call.notes.changed(f"verification/{run.id}", differences=differences)
    return run


async def verifications(call: Call, *, limit: int) -> list[VerificationRun]:
    """The last first. Raises `forbidden`."""
    require(call.actor, "audit.read")
    return await store.verification_runs.latest(limit)


async def heads(call: Call, *, before: int, limit: int) -> list[HeadView]:
    """Signed heads below number `before` (0: from the end), the last first. Raises `forbidden`."""
    require(call.actor, "audit.read")
    return [
        HeadView(number, signed_at, one.digest, one.public_key, is_signed(
            one.head, one.signature, one.public_key
        ))
        for number, signed_at, one in await store.heads.latest(before=before, limit=limit)
    ]  # fmt: skip


async def export_heads(call: Call) -> list[SignedHead]:
    """All heads from the first on, as the command `head` prints one. Raises `forbidden`."""
    require(call.actor, "audit.read")
    rows = await store.heads.latest(before=0, limit=HEADS_MAX)
    return [one for _, _, one in reversed(rows)]
