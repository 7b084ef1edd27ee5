"""What volunteers ask for themselves: corrections of their file, consents taken back."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.store import tables
from volunteer_svc.store.database import fetch, fetch_row

Consent = Literal["rules", "guardian"]


class CorrectionRequest(msgspec.Struct, frozen=True, kw_only=True):
    """`due_approximate`: the deadline was counted without the holidays of its year."""

    id: UUID
    volunteer_id: UUID
    station_id: UUID
    text_sealed: bytes
    asked_at: datetime
    due_on: date
    due_approximate: bool
    outcome: Literal["corrected", "refused"] | None = None
    reason: str | None = None
    resolved_by: UUID | None = None
    resolved_at: datetime | None = None


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """`recorded_by` is None when the volunteer did it himself."""

    id: UUID
    volunteer_id: UUID
    kind: Consent
    reason: str
    recorded_by: UUID | None
    withdrawn_at: datetime


_REQUEST = ", ".join(CorrectionRequest.__struct_fields__)
_WITHDRAWAL = ", ".join(Withdrawal.__struct_fields__)


async def insert_request(request: CorrectionRequest) -> None:
    await tables.CorrectionRequest.insert(
        tables.CorrectionRequest(**msgspec.structs.asdict(request))
    )


async def find_request(request_id: UUID) -> CorrectionRequest | None:
    row = await fetch_row(f"SELECT {_REQUEST} FROM correction_request WHERE id = $1", request_id)
    return CorrectionRequest(**row) if row else None


async def open_requests(
    *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[CorrectionRequest]:
    """In the order they were asked, which is that of their due dates."""
    rows = await fetch(
        f"""
        SELECT {_REQUEST} FROM correction_request WHERE resolved_at IS NULL
            AND ($1::uuid IS NULL OR station_id = $1) AND ($2::uuid IS NULL OR id > $2)
            AND text_sealed <> '' ORDER BY id LIMIT $3
        """,
        station_id, after, limit,
    )  # fmt: skip
    return [CorrectionRequest(**row) for row in rows]


async def requests_of(volunteer_id: UUID) -> list[CorrectionRequest]:
    rows = await fetch(
        f"SELECT {_REQUEST} FROM correction_request WHERE volunteer_id = $1 ORDER BY id",
        volunteer_id,
    )
    return [CorrectionRequest(**row) for row in rows]


async def resolve_request(
    request_id: UUID, outcome: str, reason: str, staff_id: UUID, now: datetime
) -> bool:
    """Whether this call resolved it (somebody else may have)."""
    row = await fetch_row(
        "UPDATE correction_request SET outcome = $2, reason = $3, resolved_by = $4,"
        " resolved_at = $5 WHERE id = $1 AND resolved_at IS NULL RETURNING id",
        request_id, outcome, reason, staff_id, now,
    )  # fmt: skip
    return row is not None


async def insert_withdrawal(withdrawal: Withdrawal) -> None:
    await tables.ConsentWithdrawal.insert(
        tables.ConsentWithdrawal(**msgspec.structs.asdict(withdrawal))
    )


async def withdrawals_of(volunteer_id: UUID) -> list[Withdrawal]:
    rows = await fetch(
        f"SELECT {_WITHDRAWAL} FROM consent_withdrawal WHERE volunteer_id = $1 ORDER BY id",
        volunteer_id,
    )
    return [Withdrawal(**row) for row in rows]
