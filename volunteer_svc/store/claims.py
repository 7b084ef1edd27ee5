"""Open registrations of people already known, waiting for staff."""

from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.store import tables
from volunteer_svc.store.database import fetch, fetch_row


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    receipt: str
    volunteer_id: UUID
    station_id: UUID
    form_sealed: bytes
    received_at: datetime


_ROW = ", ".join(Claim.__struct_fields__)


async def insert(claim: Claim) -> None:
    await tables.Claim.insert(tables.Claim(**msgspec.structs.asdict(claim)))


async def listing(*, station_id: UUID | None, after: UUID | None, limit: int) -> list[Claim]:
    """Unresolved claims in the order they came."""
    rows = await fetch(
        f"""
        SELECT {_ROW} FROM claim WHERE resolved_at IS NULL
            AND ($1::uuid IS NULL OR station_id = $1) AND ($2::uuid IS NULL OR id > $2)
        ORDER BY id LIMIT $3
        """,
        station_id, after, limit,
    )  # fmt: skip
    return [Claim(**row) for row in rows]


async def find(claim_id: UUID) -> Claim | None:
    row = await fetch_row(
        f"SELECT {_ROW} FROM claim WHERE id = $1 AND resolved_at IS NULL", claim_id
    )
    return Claim(**row) if row else None


async def resolve(claim_id: UUID, staff_id: UUID, now: datetime) -> bool:
    """Whether this call resolved it (somebody else may have)."""
    row = await fetch_row(
        "UPDATE claim SET resolved_at = $3, resolved_by = $2"
        " WHERE id = $1 AND resolved_at IS NULL RETURNING id",
        claim_id, staff_id, now,
    )  # fmt: skip
    return row is not None
