"""Nominations for outside honours, and the awards that were granted."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.award import NominationState
from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch, fetch_row


class Nomination(msgspec.Struct, frozen=True, kw_only=True):
    """`counted_minutes`: what counted on the day of the nomination, its main ground (R8)."""

    id: UUID
    volunteer_id: UUID
    station_id: UUID
    honour: str
    awarding_body: str
    reason: str
    evidence_reference: str
    counted_minutes: int
    nominated_on: date
    nominated_by: UUID
    state: NominationState = "open"
    closed_on: date | None = None


class Award(msgspec.Struct, frozen=True, kw_only=True):
    """`granted_by`: the unit that granted it; `recorded_by`: who entered it."""

    id: UUID
    volunteer_id: UUID
    station_id: UUID
    nomination_id: UUID | None
    name: str
    granted_by: str
    granted_on: date
    evidence_reference: str
    recorded_by: UUID
    recorded_at: datetime
    revoked_on: date | None = None
    revoked_by: UUID | None = None
    revoke_reason: str | None = None


_NOMINATION = ", ".join(Nomination.__struct_fields__)
_AWARD = ", ".join(Award.__struct_fields__)


async def insert_nomination(nomination: Nomination) -> None:
    """Raises database.Violation when he is nominated for it already."""
    await tables.Nomination.insert(tables.Nomination(**msgspec.structs.asdict(nomination)))


async def find_nomination(nomination_id: UUID) -> Nomination | None:
    row = await fetch_row(
        f"SELECT {_NOMINATION} FROM nomination WHERE id = $1 FOR NO KEY UPDATE", nomination_id
    )
    return Nomination(**row) if row else None


async def close_nomination(nomination_id: UUID, state: NominationState, on: date) -> None:
    await execute(
        "UPDATE nomination SET state = $2, closed_on = $3 WHERE id = $1", nomination_id, state, on
    )


async def nominations(
    *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Nomination]:
    """In the order they were made, also those that are closed."""
    rows = await fetch(
        f"SELECT {_NOMINATION} FROM nomination WHERE ($1::uuid IS NULL OR station_id = $1)"
        " AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        station_id, after, limit,
    )  # fmt: skip
    return [Nomination(**row) for row in rows]


async def nominations_of(volunteer_id: UUID) -> list[Nomination]:
    """All of a volunteer's, oldest first."""
    rows = await fetch(
        f"SELECT {_NOMINATION} FROM nomination WHERE volunteer_id = $1 ORDER BY id", volunteer_id
    )
    return [Nomination(**row) for row in rows]


async def insert(award: Award) -> None:
    await tables.Award.insert(tables.Award(**msgspec.structs.asdict(award)))


async def find(award_id: UUID) -> Award | None:
    row = await fetch_row(f"SELECT {_AWARD} FROM award WHERE id = $1", award_id)
    return Award(**row) if row else None


async def revoke(award_id: UUID, on: date, staff_id: UUID, reason: str) -> bool:
    """Whether this call revoked it."""
    row = await fetch_row(
        "UPDATE award SET revoked_on = $2, revoked_by = $3, revoke_reason = $4"
        " WHERE id = $1 AND revoked_on IS NULL RETURNING id",
        award_id, on, staff_id, reason,
    )  # fmt: skip
    return row is not None


async def of(volunteer_id: UUID) -> list[Award]:
    """All of a volunteer's, also revoked ones, oldest first."""
    rows = await fetch(
        f"SELECT {_AWARD} FROM award WHERE volunteer_id = $1 ORDER BY granted_on, id", volunteer_id
    )
    return [Award(**row) for row in rows]


async def newest(*, station_id: UUID | None, before: UUID | None, limit: int) -> list[Award]:
    """Those of a station's volunteers, or all, the last recorded first."""
    rows = await fetch(
        f"SELECT {_AWARD} FROM award WHERE ($1::uuid IS NULL OR station_id = $1)"
        " AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        station_id, before, limit,
    )  # fmt: skip
    return [Award(**row) for row in rows]


async def open_nominations(
    *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Nomination]:
    """Those that nothing came of yet, in the order they were made."""
    rows = await fetch(
        f"SELECT {_NOMINATION} FROM nomination WHERE state = 'open'"
        " AND ($1::uuid IS NULL OR station_id = $1) AND ($2::uuid IS NULL OR id > $2)"
        " ORDER BY id LIMIT $3",
        station_id, after, limit,
    )  # fmt: skip
    return [Nomination(**row) for row in rows]
