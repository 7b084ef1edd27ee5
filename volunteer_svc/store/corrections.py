"""Corrections: asked, then counted, waiting or rejected."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.service_record import Level
from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a record from `minutes_before` to `minutes_after`; who asked, who entered."""

    id: UUID
    record_id: UUID
    volunteer_id: UUID
    station_id: UUID
    minutes_before: int
    minutes_after: int
    state: str
    level: Level | None
    why: str | None
    reason: str
    requested_by: str
    entered_by: UUID
    entered_at: datetime
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    decision_reason: str | None = None
    on_behalf_of: UUID | None = None


_ROW = ", ".join(Correction.__struct_fields__)


async def insert(correction: Correction) -> None:
    """Raises database.Violation when another correction of the record waits."""
    values = msgspec.structs.asdict(correction)
    await tables.Correction.insert(tables.Correction(**values))


async def load(correction_ids: Collection[UUID]) -> dict[UUID, Correction]:
    rows = await fetch(f"SELECT {_ROW} FROM correction WHERE id = ANY($1)", list(correction_ids))
    return {row["id"]: Correction(**row) for row in rows}


async def of_records(record_ids: Collection[UUID], limit: int) -> list[Correction]:
    """Those of the records, the latest first."""
    rows = await fetch(
        f"SELECT {_ROW} FROM correction WHERE record_id = ANY($1) ORDER BY id DESC LIMIT $2",
        list(record_ids), limit,
    )  # fmt: skip
    return [Correction(**row) for row in rows]


async def decide(
    correction_ids: Collection[UUID], state: str, decided_by: UUID, at: datetime, reason: str,
    on_behalf_of: UUID | None,
) -> None:  # fmt: skip
    """Set waiting corrections `counted` or `rejected`, signed."""
    await execute(
        "UPDATE correction SET state = $2, decided_by = $3, decided_at = $4, decision_reason = $5,"
        " on_behalf_of = $6 WHERE id = ANY($1) AND state = 'waiting'",
        list(correction_ids), state, decided_by, at, reason, on_behalf_of,
    )  # fmt: skip


async def waiting_of(record_ids: Collection[UUID]) -> set[UUID]:
    """Which of the records have a correction that waits."""
    rows = await fetch(
        "SELECT record_id FROM correction WHERE record_id = ANY($1) AND state = 'waiting'",
        list(record_ids),
    )
    return {row["record_id"] for row in rows}


async def waiting(
    *, station_id: UUID | None, level: Level | None, after: UUID | None, limit: int
) -> list[Correction]:
    rows = await fetch(
        f"""
        SELECT {_ROW} FROM correction WHERE state = 'waiting'
            AND ($1::uuid IS NULL OR station_id = $1) AND ($2::uuid IS NULL OR id > $2)
            AND ($4::text IS NULL OR level = $4)
        ORDER BY id LIMIT $3
        """,
        station_id, after, limit, level,
    )  # fmt: skip
    return [Correction(**row) for row in rows]
