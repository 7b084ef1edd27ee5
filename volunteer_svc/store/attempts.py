"""The attempts made at each endpoint, and the beginning of what it answered."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.webhook import LaneKind, Verdict
from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch

ANSWER_CHARACTERS_MAX = 512


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """`number` counts from 1 for each event; `sequence` is None for samples."""

    endpoint_id: UUID
    event_id: UUID
    sequence: int | None
    kind: LaneKind
    number: int
    at: datetime
    milliseconds: int
    verdict: Verdict
    status: int | None
    fault: str | None
    answer: str


class KeptAttempt(Attempt, frozen=True, kw_only=True):
    id: int


_COLUMNS = Attempt.__struct_fields__
_ROW = ", ".join(KeptAttempt.__struct_fields__)


async def append(attempts: Iterable[Attempt]) -> None:
    """Inside a transaction."""
    await bulk.insert("delivery_attempt", _COLUMNS, map(msgspec.structs.astuple, attempts))


async def listing(
    endpoint_id: UUID, *, event_id: UUID | None, before: int | None, limit: int
) -> list[KeptAttempt]:
    """The newest first."""
    rows = await fetch(
        f"SELECT {_ROW} FROM delivery_attempt WHERE endpoint_id = $1"
        " AND ($2::uuid IS NULL OR event_id = $2) AND ($3::bigint IS NULL OR id < $3)"
        " ORDER BY id DESC LIMIT $4",
        endpoint_id, event_id, before, limit,
    )  # fmt: skip
    return [KeptAttempt(**row) for row in rows]


async def forget(before: datetime) -> None:
    """Retention."""
    await execute("DELETE FROM delivery_attempt WHERE at < $1", before)
