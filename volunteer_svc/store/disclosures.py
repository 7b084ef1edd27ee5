"""What third parties may read of a file: asked for with a letter, approved by the head."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.store import tables
from volunteer_svc.store.database import fetch, fetch_row


class Disclosure(msgspec.Struct, frozen=True, kw_only=True):
    """A third party's wish to read `fields` of a file; `letter_reference` is that of its letter.

    `on_behalf_of`: the head in whose stead `approved_by` approved it. `secret`: the letter forbids
    to tell the person who it was.
    """

    id: UUID
    volunteer_id: UUID
    station_id: UUID
    recipient: str
    letter_reference: str
    fields: list[str]
    reason: str
    requested_by: UUID
    requested_at: datetime
    secret: bool
    approved_by: UUID | None = None
    approved_at: datetime | None = None
    on_behalf_of: UUID | None = None


_ROW = ", ".join(Disclosure.__struct_fields__)


async def insert(disclosure: Disclosure) -> None:
    await tables.Disclosure.insert(tables.Disclosure(**msgspec.structs.asdict(disclosure)))


async def find(disclosure_id: UUID) -> Disclosure | None:
    row = await fetch_row(f"SELECT {_ROW} FROM disclosure WHERE id = $1", disclosure_id)
    return Disclosure(**row) if row else None


async def load(disclosure_ids: Collection[UUID]) -> dict[UUID, Disclosure]:
    rows = await fetch(f"SELECT {_ROW} FROM disclosure WHERE id = ANY($1)", list(disclosure_ids))
    return {row["id"]: Disclosure(**row) for row in rows}


async def approve(
    disclosure_id: UUID, staff_id: UUID, on_behalf_of: UUID | None, now: datetime
) -> bool:
    """Whether this call approved it (somebody else may have)."""
    row = await fetch_row(
        "UPDATE disclosure SET approved_by = $2, on_behalf_of = $3, approved_at = $4"
        " WHERE id = $1 AND approved_by IS NULL RETURNING id",
        disclosure_id, staff_id, on_behalf_of, now,
    )  # fmt: skip
    return row is not None


async def approved_of(volunteer_id: UUID) -> list[Disclosure]:
    """Those of a file that were approved, in the order they were asked for."""
    rows = await fetch(
        f"SELECT {_ROW} FROM disclosure WHERE volunteer_id = $1 AND approved_by IS NOT NULL"
        " ORDER BY id",
        volunteer_id,
    )
    return [Disclosure(**row) for row in rows]


async def of_volunteer(volunteer_id: UUID, *, before: UUID | None, limit: int) -> list[Disclosure]:
    """Those of a file, the last first, behind `before`."""
    rows = await fetch(
        f"SELECT {_ROW} FROM disclosure WHERE volunteer_id = $1"
        " AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        volunteer_id, before, limit,
    )  # fmt: skip
    return [Disclosure(**row) for row in rows]


async def listing(
    *, station_id: UUID | None, waiting: bool, after: UUID | None, limit: int
) -> list[Disclosure]:
    """In the order they were asked for; `waiting`: only those not approved."""
    rows = await fetch(
        f"""
        SELECT {_ROW} FROM disclosure WHERE ($1::uuid IS NULL OR station_id = $1)
            AND (NOT $2 OR approved_by IS NULL) AND ($3::uuid IS NULL OR id > $3)
        ORDER BY id LIMIT $4
        """,
        station_id, waiting, after, limit,
    )  # fmt: skip
    return [Disclosure(**row) for row in rows]
