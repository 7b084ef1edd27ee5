"""Import runs: uploaded rows (sealed), how far they are, and every problem of every row."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch, fetch_row

RunState = Literal["uploaded", "previewed", "committing", "done", "failed"]
ATTEMPTS_MAX = 5
ProblemOutcome = Literal["refused", "waiting", "notice"]


class ImportRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run without its rows. `summary`: counts by sheet and outcome."""

    id: UUID
    state: RunState
    filename: str
    reason: str
    created_by: UUID
    approved_by: UUID | None
    created_at: datetime
    rows_total: int
    rows_done: int
    summary: dict[str, dict[str, int]]
    failure: str | None
    finished_at: datetime | None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One problem: `row` is the 序号 on the sheet, `line` the row as the spreadsheet shows it."""

    sheet: str
    line: int
    row: int
    column: str | None
    outcome: ProblemOutcome
    code: str
    params: dict[str, Any]


class ProblemRow(Problem, frozen=True, kw_only=True):
    id: int


_RUN = (
    "id, state, filename, reason, created_by, approved_by, created_at, rows_total, rows_done,"
    " coalesce(summary, '{}')::text AS summary, failure, finished_at"
)


def _run(row: Any) -> ImportRun:
    return ImportRun(**dict(row) | {"summary": msgspec.json.decode(row["summary"])})


async def insert(run: ImportRun, rows_sealed: bytes) -> None:
    await execute(
        "INSERT INTO import_run (id, state, filename, reason, workbook_sealed, created_by,"
        " created_at, rows_total, rows_done) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        run.id, run.state, run.filename, run.reason, rows_sealed, run.created_by, run.created_at,
        run.rows_total, run.rows_done,
    )  # fmt: skip


async def find(run_id: UUID) -> ImportRun | None:
    row = await fetch_row(f"SELECT {_RUN} FROM import_run WHERE id = $1", run_id)
    return _run(row) if row else None


async def lock(run_id: UUID) -> ImportRun | None:
    """Locked until the command ends. Records that name the run go on being written: two lanes
    of a run that had to wait for each other's would deadlock."""
    row = await fetch_row(f"SELECT {_RUN} FROM import_run WHERE id = $1 FOR NO KEY UPDATE", run_id)
    return _run(row) if row else None


async def rows_sealed(run_id: UUID) -> bytes | None:
    """The uploaded rows; None once they are deleted."""
    row = await fetch_row("SELECT workbook_sealed FROM import_run WHERE id = $1", run_id)
    return row["workbook_sealed"] if row else None


async def lease_due(now: datetime, lease: timedelta) -> ImportRun | None:
    """A run that waits to be worked on and that nobody else works on; it is ours for `lease`.

    One taken up `ATTEMPTS_MAX` times without getting any further is left for `stuck`.
    """
    row = await fetch_row(
        f"""
        UPDATE import_run SET leased_until = $2, attempts = attempts + 1 WHERE id = (
            SELECT id FROM import_run WHERE state IN ('uploaded', 'committing')
                AND attempts < $3 AND (leased_until IS NULL OR leased_until < $1)
            ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING {_RUN}
        """,
        now, now + lease, ATTEMPTS_MAX,
    )  # fmt: skip
    return _run(row) if row else None


async def fail_stuck(now: datetime) -> None:
    """Give up runs that were taken up again and again and never got any further."""
    await execute(
        "UPDATE import_run SET state = 'failed', failure = 'internal', finished_at = $1,"
        " workbook_sealed = NULL WHERE state IN ('uploaded', 'committing')"
        " AND attempts >= $2 AND leased_until < $1",
        now, ATTEMPTS_MAX,
    )  # fmt: skip


async def save(run: ImportRun, *, leased_until: datetime | None, left: bytes | None = None) -> None:
    """Write how far the run is. Failed, its rows are deleted; finished, all but those `left`."""
    await execute(
        """
        UPDATE import_run SET state = $2::text, rows_done = $3, summary = $4::jsonb, failure = $5,
            finished_at = $6, leased_until = $7,
            approved_by = $8, attempts = 0,
            workbook_sealed = CASE WHEN $2::text IN ('done', 'failed') THEN $9::bytea
                ELSE workbook_sealed END
        WHERE id = $1
        """,
        run.id, run.state, run.rows_done, msgspec.json.encode(run.summary).decode(), run.failure,
        run.finished_at, leased_until, run.approved_by, left,
    )  # fmt: skip


async def lanes_done(run_id: UUID) -> list[int]:
    """How many rows of each lane of the commit are written."""
    row = await fetch_row("SELECT lanes_done FROM import_run WHERE id = $1", run_id)
    return list(row["lanes_done"]) if row else []


async def save_lanes(run_id: UUID, done: Sequence[int]) -> None:
    await execute("UPDATE import_run SET lanes_done = $2 WHERE id = $1", run_id, done)


async def add_problems(run_id: UUID, problems: Iterable[Problem]) -> None:
    await bulk.insert(
        "import_problem",
        (
            "import_id", "sheet", "line", "row", "column", "outcome", "code", "params",
        ),
        [
            (run_id, p.sheet, p.line, p.row, p.column, p.outcome, p.code,
             msgspec.json.encode(p.params).decode())
            for p in problems
        ],
    )  # fmt: skip


async def runs(*, after: UUID | None, limit: int) -> list[ImportRun]:
    """The last first: ids of runs ascend in time."""
    rows = await fetch(
        f"SELECT {_RUN} FROM import_run WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC"
        " LIMIT $2",
        after, limit,
    )  # fmt: skip
    return [_run(row) for row in rows]


async def refused(run_id: UUID) -> list[ProblemRow]:
    """What is wrong with the rows that were not taken, in the order of the rows."""
    rows = await fetch(
        'SELECT id, sheet, line, row, "column", outcome, code, params::text FROM import_problem'
        " WHERE import_id = $1 AND outcome = 'refused' ORDER BY id",
        run_id,
    )
    return [_problem(row) for row in rows]


def _problem(row: Any) -> ProblemRow:
    return ProblemRow(**dict(row) | {"params": msgspec.json.decode(row["params"])})


async def clear_problems(run_id: UUID) -> None:
    """The commit tells its own problems, not the preview's again."""
    await execute("DELETE FROM import_problem WHERE import_id = $1", run_id)


async def order_problems(run_id: UUID, sheets: Sequence[str]) -> None:
    """Lanes write problems as they come: number them in the order of the sheets and rows."""
    await execute(
        """
        WITH come AS (DELETE FROM import_problem WHERE import_id = $1 RETURNING *)
        INSERT INTO import_problem (import_id, sheet, line, row, "column", outcome, code, params)
        SELECT import_id, sheet, line, row, "column", outcome, code, params FROM come
        ORDER BY array_position($2::text[], sheet::text), line, id
        """,
        run_id, sheets,
    )  # fmt: skip


async def problems(run_id: UUID, *, after: int, limit: int) -> list[ProblemRow]:
    """In the order of the rows, once the run is done."""
    rows = await fetch(
        'SELECT id, sheet, line, row, "column", outcome, code, params::text FROM import_problem'
        " WHERE import_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        run_id, after, limit,
    )  # fmt: skip
    return [_problem(row) for row in rows]


async def forget(before: datetime) -> None:
    """Retention: the rows of uploads nobody committed, and the refused rows of those that were."""
    await execute(
        "UPDATE import_run SET workbook_sealed = NULL,"
        " state = CASE state WHEN 'done' THEN state ELSE 'failed' END,"
        " failure = CASE state WHEN 'done' THEN failure ELSE 'upload_expired' END"
        " WHERE created_at < $1 AND workbook_sealed IS NOT NULL",
        before,
    )
