"""How well somebody served, in a grade and words; the latest of a record holds."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc.store import tables
from volunteer_svc.store.database import fetch


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """服务质量评价. `grade` 1 (poor) to 5 (excellent). `complaint_id`: what led to it."""

    id: UUID
    volunteer_id: UUID
    station_id: UUID
    record_id: UUID | None
    complaint_id: UUID | None
    grade: int
    words: str
    evaluated_on: date
    evaluated_by: UUID
    evaluated_at: datetime


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """An activity that took place: how many served there, and how many were evaluated."""

    activity_id: UUID
    station_id: UUID
    title: str
    started_at: datetime
    records: int
    evaluated: int


_ROW = ", ".join(Evaluation.__struct_fields__)


async def insert(evaluation: Evaluation) -> None:
    await tables.Evaluation.insert(tables.Evaluation(**msgspec.structs.asdict(evaluation)))


async def of(volunteer_id: UUID, *, after: UUID | None, limit: int) -> list[Evaluation]:
    """In the order they were made; of a record the last one holds."""
    rows = await fetch(
        f"SELECT {_ROW} FROM evaluation"
        " WHERE volunteer_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        volunteer_id, after, limit,
    )  # fmt: skip
    return [Evaluation(**row) for row in rows]


async def of_records(record_ids: Collection[UUID]) -> dict[UUID, Evaluation]:
    """The one that holds of each; those without are left out."""
    rows = await fetch(
        f"SELECT DISTINCT ON (record_id) {_ROW} FROM evaluation WHERE record_id = ANY($1)"
        " ORDER BY record_id, id DESC",
        list(record_ids),
    )
    return {row["record_id"]: Evaluation(**row) for row in rows}


async def activities(*, station_id: UUID | None, before: datetime, limit: int) -> list[Judged]:
    """Activities that began before that moment and hours counted for, the last first."""
    rows = await fetch(
        """
        SELECT a.id AS activity_id, a.station_id, a.title, a.started_at, count(*)::int AS records,
            (count(*) FILTER (WHERE EXISTS (
                SELECT FROM evaluation e WHERE e.record_id = r.id)))::int AS evaluated
        FROM activity a JOIN service_record r ON r.activity_id = a.id AND r.state = 'counted'
        WHERE a.started_at < $2 AND ($1::uuid IS NULL OR a.station_id = $1)
        GROUP BY a.id ORDER BY a.started_at DESC, a.id LIMIT $3
        """,
        station_id, before, limit,
    )  # fmt: skip
    return [Judged(**row) for row in rows]
