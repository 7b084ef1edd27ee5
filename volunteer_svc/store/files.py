"""What files there are of whom; their bytes are in the object store."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.file import FileKind, KeptKind
from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch, fetch_row


class File(msgspec.Struct, frozen=True, kw_only=True):
    """`bytes` as downloaded; `width` and `height` in pixels; `stored_by` None: the volunteer."""

    id: UUID
    volunteer_id: UUID
    kind: KeptKind
    bytes: int
    width: int
    height: int
    stored_at: datetime
    stored_by: UUID | None


_ROW = ", ".join(File.__struct_fields__)


async def insert(file: File) -> None:
    await tables.File.insert(tables.File(**msgspec.structs.asdict(file)))


async def current(volunteer_id: UUID, kind: FileKind) -> File | None:
    row = await fetch_row(
        f"SELECT {_ROW} FROM file WHERE volunteer_id = $1 AND kind = $2 AND removed_at IS NULL",
        volunteer_id, kind,
    )  # fmt: skip
    return File(**row) if row else None


async def all_current(volunteer_id: UUID) -> list[File]:
    """The files there are of somebody, the oldest first."""
    rows = await fetch(
        f"SELECT {_ROW} FROM file WHERE volunteer_id = $1 AND removed_at IS NULL ORDER BY id",
        volunteer_id,
    )
    return [File(**row) for row in rows]


async def kinds(volunteer_id: UUID) -> set[FileKind]:
    """What there is of somebody."""
    rows = await fetch(
        "SELECT kind FROM file WHERE volunteer_id = $1 AND removed_at IS NULL", volunteer_id
    )
    return {row["kind"] for row in rows}


async def remove(volunteer_id: UUID, kind: FileKind, now: datetime, staff_id: UUID | None) -> bool:
    """Whether there was one. Its row stays; the sweep deletes its bytes."""
    row = await fetch_row(
        "UPDATE file SET removed_at = greatest($3, stored_at), removed_by = $4"
        " WHERE volunteer_id = $1 AND kind = $2 AND removed_at IS NULL RETURNING id",
        volunteer_id, kind, now, staff_id,
    )  # fmt: skip
    return row is not None


async def wanted(ids: Collection[UUID], removed_after: datetime) -> set[UUID]:
    """Which of these files are current or were removed after that instant."""
    rows = await fetch(
        "SELECT id FROM file WHERE id = ANY($1)"
        " AND (removed_at IS NULL OR removed_at > $2)"
        " UNION ALL SELECT file_id FROM certificate_batch WHERE file_id = ANY($1)"
        " AND key_sealed IS NOT NULL",
        list(ids), removed_after,
    )  # fmt: skip
    return {row["id"] for row in rows}


async def attach(file_id: UUID, record_id: UUID) -> None:
    """The photo belongs to this report."""
    await execute(
        "INSERT INTO record_photo (file_id, record_id) VALUES ($1, $2)", file_id, record_id
    )


async def of_record(record_id: UUID) -> list[File]:
    """The photos of a report that are there, in the order they came."""
    rows = await fetch(
        f"SELECT {_ROW} FROM file JOIN record_photo ON file_id = id"
        " WHERE record_id = $1 AND removed_at IS NULL ORDER BY id",
        record_id,
    )
    return [File(**row) for row in rows]
