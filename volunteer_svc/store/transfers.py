"""Transfers from one home station to another."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.store import tables
from volunteer_svc.store.database import fetch

Consent = Literal["signed", "spoken", "himself"]


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """`recorded_by` is None when the volunteer asked himself, which is his consent."""

    id: UUID
    volunteer_id: UUID
    from_station_id: UUID
    to_station_id: UUID
    transferred_on: date
    consented_on: date
    consent_given: Consent
    reason: str
    recorded_by: UUID | None
    recorded_at: datetime


async def insert(transfer: Transfer) -> None:
    await tables.Transfer.insert(tables.Transfer(**msgspec.structs.asdict(transfer)))


async def of(volunteer_id: UUID) -> list[Transfer]:
    """In the order they were made."""
    rows = await fetch(
        f"SELECT {', '.join(Transfer.__struct_fields__)} FROM transfer WHERE volunteer_id = $1"
        " ORDER BY id",
        volunteer_id,
    )
    return [Transfer(**row) for row in rows]
