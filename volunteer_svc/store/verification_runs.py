"""When everything was recomputed from zero, and what was found."""

from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.store.database import execute, fetch


class VerificationRun(msgspec.Struct, frozen=True, kw_only=True):
    """`first_difference` names table, row and column, never a value; `counts`: what was looked
    at. Differences behind the first are counted only where all were asked for."""

    id: UUID
    started_at: datetime
    finished_at: datetime
    differences: int
    first_difference: str | None
    counts: dict[str, int]


async def insert(run: VerificationRun) -> None:
    await execute(
        "INSERT INTO verification (id, started_at, finished_at, differences, first_difference,"
        " counts) VALUES ($1, $2, $3, $4, $5, $6::jsonb)",
        run.id, run.started_at, run.finished_at, run.differences, run.first_difference,
        msgspec.json.encode(run.counts).decode(),
    )  # fmt: skip


async def latest(limit: int) -> list[VerificationRun]:
    """The last first."""
    rows = await fetch(
        "SELECT id, started_at, finished_at, differences, first_difference, counts::text"
        " FROM verification ORDER BY id DESC LIMIT $1",
        limit,
    )
    return [
        VerificationRun(
            **dict(row) | {"counts": msgspec.json.decode(row["counts"], type=dict[str, int])}
        )
        for row in rows
    ]
