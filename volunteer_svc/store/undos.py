"""Sheets and imports taken back: asked, decided, done in batches; and the records they hold."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.undo import UndoKind, UndoState
from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch, fetch_row


class Undo(msgspec.Struct, frozen=True, kw_only=True):
    """`records_done` of `records_total` have been looked at; what became of them is counted.

    `left_over`: own hours of who signs, records with a waiting correction, waiting records that
    nobody of the signers may reject.
    """

    id: UUID
    kind: UndoKind
    target_id: UUID
    station_id: UUID | None
    reason: str
    state: UndoState
    asked_by: UUID
    asked_at: datetime
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    decision_reason: str = ""
    records_total: int = 0
    records_done: int = 0
    reversed: int = 0
    rejected: int = 0
    left_over: int = 0
    last_record_id: UUID | None = None
    finished_at: datetime | None = None


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A record that a sheet or import still holds."""

    id: UUID
    volunteer_id: UUID
    station_id: UUID
    entered_by: UUID | None


_COLUMNS = Undo.__struct_fields__
_ROW = ", ".join(_COLUMNS)
_HOLDS = {"sheet": "sheet_id", "import": "import_id"}


async def insert(undo: Undo) -> None:
    """Raises database.Violation when one of the same target is open."""
    await bulk.insert("undo", _COLUMNS, [msgspec.structs.astuple(undo)])


async def save(undo: Undo) -> None:
    """Write back a locked one."""
    sets = ", ".join(f"{name} = ${n}" for n, name in enumerate(_COLUMNS, 1))
    await execute(f"UPDATE undo SET {sets} WHERE id = $1", *msgspec.structs.astuple(undo))


async def lock(undo_id: UUID) -> Undo | None:
    row = await fetch_row(f"SELECT {_ROW} FROM undo WHERE id = $1 FOR UPDATE", undo_id)
    return Undo(**row) if row else None


async def lock_running() -> Undo | None:
    """One that has work left and that nobody else works on."""
    row = await fetch_row(
        f"SELECT {_ROW} FROM undo WHERE state = 'running' ORDER BY id LIMIT 1"
        " FOR UPDATE SKIP LOCKED"
    )
    return Undo(**row) if row else None


async def find(undo_id: UUID) -> Undo | None:
    row = await fetch_row(f"SELECT {_ROW} FROM undo WHERE id = $1", undo_id)
    return Undo(**row) if row else None


async def of_targets(target_ids: Collection[UUID]) -> list[Undo]:
    """Those of the sheets or imports, the latest first."""
    rows = await fetch(
        f"SELECT {_ROW} FROM undo WHERE target_id = ANY($1) ORDER BY id DESC", list(target_ids)
    )
    return [Undo(**row) for row in rows]


async def listing(
    *,
    station_id: UUID | None,
    target_id: UUID | None,
    after: UUID | None,
    limit: int,
    newest_first: bool = False,
) -> list[Undo]:
    """In the order they were asked, or the last first; of a station those of its sheets."""
    behind, order = ("<", "DESC") if newest_first else (">", "ASC")
    rows = await fetch(
        f"SELECT {_ROW} FROM undo WHERE ($1::uuid IS NULL OR station_id = $1)"
        f" AND ($2::uuid IS NULL OR target_id = $2) AND ($3::uuid IS NULL OR id {behind} $3)"
        f" ORDER BY id {order} LIMIT $4",
        station_id, target_id, after, limit,
    )  # fmt: skip
    return [Undo(**row) for row in rows]


async def held(kind: UndoKind, target_id: UUID) -> list[Held]:
    """What counts or waits of a sheet or an import, in the order it was entered."""
    rows = await fetch(
        f"SELECT id, volunteer_id, station_id, entered_by FROM service_record"
        f" WHERE {_HOLDS[kind]} = $1 AND state IN ('counted', 'waiting') ORDER BY id",
        target_id,
    )
    return [Held(**row) for row in rows]


async def next_held(undo: Undo, limit: int) -> list[Held]:
    """Those behind the last one looked at. Found by the sheet or import first: walking the ids of
    all records would take as long as there are records."""
    rows = await fetch(
        f"""
        WITH held AS MATERIALIZED (
            SELECT id, volunteer_id, station_id, entered_by FROM service_record
            WHERE {_HOLDS[undo.kind]} = $1 AND state IN ('counted', 'waiting')
        )
        SELECT * FROM held WHERE $2::uuid IS NULL OR id > $2 ORDER BY id LIMIT $3
        """,
        undo.target_id, undo.last_record_id, limit,
    )  # fmt: skip
    return [Held(**row) for row in rows]


async def free_import_keys(record_ids: Collection[UUID]) -> None:
    """The rows of an import that was taken back may come again, from the mended workbook."""
    await execute(
        "UPDATE service_record SET import_key = NULL WHERE id = ANY($1) AND import_key IS NOT NULL",
        list(record_ids),
    )
