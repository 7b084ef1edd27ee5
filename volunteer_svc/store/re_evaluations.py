"""Policies on their way into force: planned, activated, everybody rated by them."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.policy import Policy
from volunteer_svc.domain.policy_plan import Rated
from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch, fetch_row


class PolicyRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a version beside its numbers; the first one nobody planned."""

    version: str
    reason: str | None
    planned_by: UUID | None
    planned_at: datetime | None
    activated_at: datetime | None


class ReEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """`total`: how many there were to rate when it started; `promoted`, `revoked`: stars."""

    id: UUID
    policy_version: str
    started_at: datetime
    after_id: UUID | None
    total: int
    done: int
    promoted: int
    revoked: int
    finished_at: datetime | None


_RUN = ", ".join(ReEvaluation.__struct_fields__)
_THERE = "erased_on IS NULL AND merged_into IS NULL"


async def rows() -> dict[str, PolicyRow]:
    """By version."""
    found = await fetch(f"SELECT {', '.join(PolicyRow.__struct_fields__)} FROM policy")
    return {row["version"]: PolicyRow(**row) for row in found}


async def plan(policy: Policy, reason: str, staff_id: UUID, now: datetime) -> None:
    """Raises database.Violation when version or day are taken."""
    numbers = msgspec.to_builtins(policy)
    del numbers["version"], numbers["valid_from"]
    await execute(
        "INSERT INTO policy (version, valid_from, numbers, reason, planned_by, planned_at)"
        " VALUES ($1, $2, $3::jsonb, $4, $5, $6)",
        policy.version, policy.valid_from, msgspec.json.encode(numbers).decode(), reason,
        staff_id, now,
    )  # fmt: skip


async def withdraw(version: str, today: date) -> bool:
    """Whether there was such a plan that is not in force yet."""
    row = await fetch_row(
        "DELETE FROM policy WHERE version = $1 AND activated_at IS NULL AND valid_from > $2"
        " RETURNING version",
        version, today,
    )  # fmt: skip
    return row is not None


async def activate_next(now: datetime, today: date) -> str | None:
    """The earliest version whose day has come, now active; None when there is none."""
    row = await fetch_row(
        """
        UPDATE policy SET activated_at = $1 WHERE version = (
            SELECT version FROM policy WHERE activated_at IS NULL AND valid_from <= $2
            ORDER BY valid_from LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING version
        """,
        now, today,
    )  # fmt: skip
    return row and str(row["version"])


async def rated(*, after: UUID | None, limit: int) -> list[Rated]:
    """Everybody who is there, in id order: a narrow row each, without a lock."""
    found = await fetch(
        f"SELECT id, station_id, star, counted_minutes FROM volunteer WHERE {_THERE}"
        " AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2",
        after, limit,
    )  # fmt: skip
    return [Rated(*row) for row in found]


async def start(run_id: UUID, policy_version: str, earlier: Collection[str], now: datetime) -> int:
    """How many are to be rated anew: those rated under an earlier policy."""
    row = await fetch_row(
        f"INSERT INTO re_evaluation SELECT $1, $2, $3, NULL, count(*), 0, 0, 0, NULL"
        f" FROM volunteer WHERE {_THERE} AND rated_under = ANY($4) RETURNING total",
        run_id, policy_version, now, list(earlier),
    )  # fmt: skip
    return int(row["total"]) if row else 0


async def take() -> ReEvaluation | None:
    """The earliest that goes on, locked; None when there is none or somebody else has it."""
    row = await fetch_row(
        f"SELECT {_RUN} FROM re_evaluation WHERE id = (SELECT id FROM re_evaluation"
        " WHERE finished_at IS NULL ORDER BY started_at LIMIT 1) FOR UPDATE SKIP LOCKED"
    )
    return ReEvaluation(**row) if row else None


async def due(earlier: Collection[str], *, after: UUID | None, limit: int) -> list[UUID]:
    """Who is rated under an earlier policy still, in id order."""
    found = await fetch(
        f"SELECT id FROM volunteer WHERE {_THERE} AND rated_under = ANY($1)"
        " AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        list(earlier), after, limit,
    )  # fmt: skip
    return [row["id"] for row in found]


async def note(run_id: UUID, to_policy: str, rows: Iterable[tuple[UUID, int, str]]) -> None:
    """`rows`: a volunteer, the entries of his ledger so far, the policy until now."""
    await bulk.insert(
        "re_rating",
        ("volunteer_id", "re_evaluation_id", "ledger_seq", "from_policy", "to_policy"),
        [(one, run_id, seq, before, to_policy) for one, seq, before in rows],
    )


async def save(run: ReEvaluation) -> None:
    await execute(
        "UPDATE re_evaluation SET after_id = $2, done = $3, promoted = $4, revoked = $5,"
        " finished_at = $6 WHERE id = $1",
        run.id, run.after_id, run.done, run.promoted, run.revoked, run.finished_at,
    )  # fmt: skip


async def of(policy_version: str) -> ReEvaluation | None:
    row = await fetch_row(
        f"SELECT {_RUN} FROM re_evaluation WHERE policy_version = $1", policy_version
    )
    return ReEvaluation(**row) if row else None
