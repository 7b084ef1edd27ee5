"""How well somebody served, in a grade and words; the latest of a record holds."""

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


async def insert(evaluation: Evaluation) -> None:
    await tables.Evaluation.insert(tables.Evaluation(**msgspec.structs.asdict(evaluation)))


async def of(volunteer_id: UUID, *, after: UUID | None, limit: int) -> list[Evaluation]:
    """In the order they were made; of a record the last one holds."""
    rows = await fetch(
        f"SELECT {', '.join(Evaluation.__struct_fields__)} FROM evaluation"
        " WHERE volunteer_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        volunteer_id, after, limit,
    )  # fmt: skip
    return [Evaluation(**row) for row in rows]
