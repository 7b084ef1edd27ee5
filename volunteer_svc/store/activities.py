"""Activities: planned, published, cancelled; locked by whoever changes who comes."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from volunteer_svc.domain.activity import Activity
from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch, fetch_row

_COLUMNS = Activity.__struct_fields__
_ROW = ", ".join(_COLUMNS)
_FACTS = ("id", "station_id", "series_id", "created_by", "created_at")
"""What never changes."""
_CHANGING = [name for name in _COLUMNS if name not in _FACTS]
_SAVE = (
    f"UPDATE activity SET {', '.join(f'{name} = ${n}' for n, name in enumerate(_CHANGING, 2))}"
    " WHERE id = $1"
)


def _activity(row: Any) -> Activity:
    return Activity(**{**row, "required_topics": tuple(row["required_topics"])})


async def insert(activities: Iterable[Activity]) -> None:
    await bulk.insert("activity", _COLUMNS, [msgspec.structs.astuple(a) for a in activities])


async def save(activity: Activity) -> None:
    """Write back a locked activity."""
    await execute(_SAVE, activity.id, *(getattr(activity, name) for name in _CHANGING))


async def save_places(activity: Activity) -> None:
    """Write back what a place given or taken changes of a locked activity."""
    await execute(
        "UPDATE activity SET confirmed = $2, signups = $3, version = $4 WHERE id = $1",
        activity.id, activity.confirmed, activity.signups, activity.version,
    )  # fmt: skip


async def lock(activity_id: UUID) -> Activity | None:
    """Nobody else signs up, withdraws or changes it until the command ends."""
    row = await fetch_row(
        f"SELECT {_ROW} FROM activity WHERE id = $1 FOR NO KEY UPDATE", activity_id
    )
    return _activity(row) if row else None


async def lock_series(activity: Activity) -> list[Activity]:
    """The activity and those of its series that follow it, in id order (no deadlock)."""
    rows = await fetch(
        f"SELECT {_ROW} FROM activity WHERE id = $1 OR (series_id = $2 AND started_at >= $3)"
        " ORDER BY id FOR NO KEY UPDATE",
        activity.id, activity.series_id, activity.started_at,
    )  # fmt: skip
    return [_activity(row) for row in rows]


async def find(activity_id: UUID) -> Activity | None:
    return (await load([activity_id])).get(activity_id)


async def load(activity_ids: Collection[UUID]) -> dict[UUID, Activity]:
    rows = await fetch(f"SELECT {_ROW} FROM activity WHERE id = ANY($1)", list(activity_ids))
    return {row["id"]: _activity(row) for row in rows}


async def listing(
    *,
    station_id: UUID | None,
    planned_of: UUID | None,
    all_planned: bool,
    since: datetime | None,
    until: datetime | None,
    after: UUID | None,
    limit: int,
) -> list[Activity]:
    """In the order they were planned, narrowed by what is given.

    `since`, `until`: those that end after the one and start before the other. Planned ones only
    of the station `planned_of`, or `all_planned`.
    """
    rows = await fetch(
        f"""
        SELECT {_ROW} FROM activity
        WHERE ($1::uuid IS NULL OR station_id = $1)
            AND (published_at IS NOT NULL OR $3 OR station_id = $2)
            AND ($4::timestamptz IS NULL OR ended_at > $4)
            AND ($5::timestamptz IS NULL OR started_at < $5)
            AND ($6::uuid IS NULL OR id > $6)
        ORDER BY id LIMIT $7
        """,
        station_id, planned_of, all_planned, since, until, after, limit,
    )  # fmt: skip
    return [_activity(row) for row in rows]


async def coming(
    now: datetime, *, station_id: UUID | None, behind: UUID | None, limit: int
) -> list[Activity]:
    """Published ones that have not begun, the next first; behind the activity `behind`."""
    rows = await fetch(
        f"""
        SELECT {_ROW} FROM activity
        WHERE state = 'published' AND started_at > $1 AND ($2::uuid IS NULL OR station_id = $2)
            AND ($3::uuid IS NULL
                OR (started_at, id) > (SELECT started_at, id FROM activity WHERE id = $3))
        ORDER BY started_at, id LIMIT $4
        """,
        now, station_id, behind, limit,
    )  # fmt: skip
    return [_activity(row) for row in rows]
