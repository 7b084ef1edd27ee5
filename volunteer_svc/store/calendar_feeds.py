"""Secret calendar addresses, stored as hashes, and what their calendars hold."""

from datetime import datetime
from uuid import UUID

from volunteer_svc.domain.activity import Activity
from volunteer_svc.store import activities
from volunteer_svc.store.database import execute, fetch, fetch_row


async def replace(volunteer_id: UUID, token_hash: bytes, now: datetime) -> None:
    """The new address; the one before is dead."""
    await execute(
        "INSERT INTO calendar_feed (volunteer_id, token_hash, made_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (volunteer_id) DO UPDATE SET token_hash = excluded.token_hash,"
        " made_at = excluded.made_at",
        volunteer_id, token_hash, now,
    )  # fmt: skip


async def remove(volunteer_id: UUID) -> bool:
    """Whether there was one."""
    row = await fetch_row(
        "DELETE FROM calendar_feed WHERE volunteer_id = $1 RETURNING volunteer_id", volunteer_id
    )
    return row is not None


async def made_at(volunteer_id: UUID) -> datetime | None:
    """Since when there is an address; None: there is none."""
    row = await fetch_row("SELECT made_at FROM calendar_feed WHERE volunteer_id = $1", volunteer_id)
    return row["made_at"] if row else None


async def owner(token_hash: bytes) -> UUID | None:
    """Whose calendar it is; nobody's of whom is not there any more."""
    row = await fetch_row(
        "SELECT f.volunteer_id FROM calendar_feed f JOIN volunteer v ON v.id = f.volunteer_id"
        " WHERE token_hash = $1 AND v.erased_on IS NULL AND v.merged_into IS NULL",
        token_hash,
    )
    return row["volunteer_id"] if row else None


async def of_station(station_id: UUID, since: datetime, limit: int) -> list[Activity]:
    """What was published there and ends after that, the next first."""
    rows = await fetch(
        "SELECT id FROM activity WHERE station_id = $1 AND published_at IS NOT NULL"
        " AND ended_at > $2 ORDER BY started_at, id LIMIT $3",
        station_id, since, limit,
    )  # fmt: skip
    return await _in_order([row["id"] for row in rows])


async def of_volunteer(volunteer_id: UUID, since: datetime, limit: int) -> list[Activity]:
    """Where he has a place, and what was cancelled while he had signed up."""
    rows = await fetch(
        "SELECT a.id FROM activity a WHERE ended_at > $2 AND EXISTS (SELECT FROM signup s"
        " WHERE s.activity_id = a.id AND s.volunteer_id = $1"
        " AND s.state IN ('confirmed', 'cancelled')) ORDER BY started_at, id LIMIT $3",
        volunteer_id, since, limit,
    )  # fmt: skip
    return await _in_order([row["id"] for row in rows])


async def _in_order(ids: list[UUID]) -> list[Activity]:
    found = await activities.load(ids)
    return [found[one] for one in ids]
