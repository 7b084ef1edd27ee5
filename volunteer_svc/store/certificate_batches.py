"""Batches of certificates: asked, issued one by one, printed into one file, expired."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.store import bulk, tables
from volunteer_svc.store.database import execute, fetch, fetch_row

Format = Literal["pdf", "zip"]
BatchState = Literal["issuing", "printing", "done", "failed", "expired"]


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """`done` of `total` people have been looked at, `issued` have a certificate, `printed` of these
    are drawn. `file_id`: the name of the sealed file in the store, until `expires_at`."""

    id: UUID
    station_id: UUID
    from_on: date
    to_on: date
    format: Format
    asked_by: UUID
    asked_at: datetime
    state: BatchState
    total: int
    done: int = 0
    issued: int = 0
    printed: int = 0
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    file_id: UUID | None = None
    bytes: int | None = None

    @property
    def file_name(self) -> str:
        return f"certificates-{self.from_on}-{self.to_on}.{self.format}"


class Item(msgspec.Struct, frozen=True):
    """`fault`: the code of why there is no certificate for this person."""

    position: int
    volunteer_id: UUID
    certificate_id: UUID | None
    fault: str | None


_ROW = ", ".join(Batch.__struct_fields__)


async def insert(batch: Batch, volunteer_ids: Sequence[UUID]) -> None:
    await tables.CertificateBatch.insert(
        tables.CertificateBatch(**msgspec.structs.asdict(batch), leased_until=None, key_sealed=None)
    )
    await bulk.insert(
        "certificate_batch_item",
        ("batch_id", "position", "volunteer_id", "certificate_id", "fault"),
        [(batch.id, n, one, None, None) for n, one in enumerate(volunteer_ids, start=1)],
    )


async def find(batch_id: UUID) -> Batch | None:
    row = await fetch_row(f"SELECT {_ROW} FROM certificate_batch WHERE id = $1", batch_id)
    return Batch(**row) if row else None


async def key_sealed(batch_id: UUID) -> bytes | None:
    row = await fetch_row("SELECT key_sealed FROM certificate_batch WHERE id = $1", batch_id)
    return row["key_sealed"] if row else None


async def lock(batch_id: UUID) -> Batch | None:
    row = await fetch_row(
        f"SELECT {_ROW} FROM certificate_batch WHERE id = $1 FOR NO KEY UPDATE", batch_id
    )
    return Batch(**row) if row else None


async def lease(now: datetime, until: datetime) -> Batch | None:
    """The oldest that nobody works on, now ours until then."""
    row = await fetch_row(
        f"""
        UPDATE certificate_batch SET leased_until = $2 WHERE id = (SELECT id FROM certificate_batch
            WHERE state IN ('issuing', 'printing') AND (leased_until IS NULL OR leased_until < $1)
            ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING {_ROW}
        """,
        now, until,
    )  # fmt: skip
    return Batch(**row) if row else None


async def save(batch: Batch, *, leased_until: datetime | None, key: bytes | None = None) -> None:
    """How far it is."""
    await execute(
        "UPDATE certificate_batch SET state = $2, done = $3, issued = $4, printed = $5,"
        " finished_at = $6, expires_at = $7, file_id = $8, bytes = $9, leased_until = $10,"
        " key_sealed = $11 WHERE id = $1",
        batch.id, batch.state, batch.done, batch.issued, batch.printed, batch.finished_at,
        batch.expires_at, batch.file_id, batch.bytes, leased_until, key,
    )  # fmt: skip


async def next_items(batch_id: UUID, after: int, limit: int) -> list[Item]:
    rows = await fetch(
        "SELECT position, volunteer_id, certificate_id, fault FROM certificate_batch_item"
        " WHERE batch_id = $1 AND position > $2 ORDER BY position LIMIT $3",
        batch_id, after, limit,
    )  # fmt: skip
    return [Item(*row) for row in rows]


async def answer(batch_id: UUID, items: Collection[Item]) -> None:
    """What became of these."""
    await execute(
        "UPDATE certificate_batch_item i SET certificate_id = n.certificate_id, fault = n.fault"
        " FROM unnest($2::int[], $3::uuid[], $4::text[]) AS n (position, certificate_id, fault)"
        " WHERE i.batch_id = $1 AND i.position = n.position",
        batch_id, [one.position for one in items], [one.certificate_id for one in items],
        [one.fault for one in items],
    )  # fmt: skip


async def faults(batch_id: UUID) -> list[Item]:
    """People without a certificate, and why."""
    rows = await fetch(
        "SELECT position, volunteer_id, certificate_id, fault FROM certificate_batch_item"
        " WHERE batch_id = $1 AND fault IS NOT NULL ORDER BY position",
        batch_id,
    )
    return [Item(*row) for row in rows]


async def listing(*, station_id: UUID | None, after: UUID | None, limit: int) -> list[Batch]:
    """The last first."""
    rows = await fetch(
        f"SELECT {_ROW} FROM certificate_batch WHERE ($1::uuid IS NULL OR station_id = $1)"
        " AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        station_id, after, limit,
    )  # fmt: skip
    return [Batch(**row) for row in rows]


async def expire(now: datetime) -> list[UUID]:
    """Retention: without its key a file can never be opened again. Their ids."""
    rows = await fetch(
        "UPDATE certificate_batch SET state = 'expired', key_sealed = NULL"
        " WHERE state = 'done' AND expires_at <= $1 RETURNING id",
        now,
    )
    return [row["id"] for row in rows]
