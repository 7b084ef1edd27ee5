"""Groups of volunteers of a station, and who is in them."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch, fetch_row


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """`leader_id`: who holds the position of its leader now."""

    id: UUID
    station_id: UUID
    name: str
    made_on: date
    closed_on: date | None
    leader_id: UUID | None
    members: list[UUID]


_GROUP = """
SELECT g.id, g.station_id, g.name, g.made_on, g.closed_on,
    (SELECT volunteer_id FROM position p WHERE p.group_id = g.id AND p.to_on IS NULL) AS leader_id,
    ARRAY(SELECT volunteer_id FROM group_member m WHERE m.group_id = g.id AND m.to_on IS NULL
        ORDER BY volunteer_id) AS members
FROM volunteer_group g
"""


async def insert(group_id: UUID, station_id: UUID, name: str, made_on: date) -> None:
    """Raises database.Violation when the station has an open group of that name."""
    row = tables.VolunteerGroup(
        id=group_id, station_id=station_id, name=name, made_on=made_on, closed_on=None
    )
    await tables.VolunteerGroup.insert(row)


async def lock(group_id: UUID) -> Group | None:
    """The group, which nobody else changes until the command ends."""
    await fetch("SELECT FROM volunteer_group WHERE id = $1 FOR NO KEY UPDATE", group_id)
    row = await fetch_row(f"{_GROUP} WHERE g.id = $1", group_id)
    return Group(**row) if row else None


async def find(group_id: UUID) -> Group | None:
    row = await fetch_row(f"{_GROUP} WHERE g.id = $1", group_id)
    return Group(**row) if row else None


async def close(group_id: UUID, on: date) -> None:
    """Its members leave it, too."""
    await execute("UPDATE volunteer_group SET closed_on = $2 WHERE id = $1", group_id, on)
    await execute(
        "UPDATE group_member SET to_on = greatest($2, from_on)"
        " WHERE group_id = $1 AND to_on IS NULL",
        group_id, on,
    )  # fmt: skip


async def join(
    rows: Collection[tuple[UUID, UUID]], group_id: UUID, on: date, now: datetime
) -> None:
    """`rows`: an id and a volunteer each; who is in it stays as he is."""
    await execute(
        "INSERT INTO group_member (id, group_id, volunteer_id, from_on, added_at)"
        " SELECT id, $3, volunteer_id, $4, $5 FROM unnest($1::uuid[], $2::uuid[])"
        " AS new (id, volunteer_id) ON CONFLICT DO NOTHING",
        [row_id for row_id, _ in rows], [one for _, one in rows], group_id, on, now,
    )  # fmt: skip


async def leave(volunteer_id: UUID, on: date, *, group_id: UUID | None = None) -> int:
    """Out of one group, or of all; of how many."""
    rows = await fetch(
        "UPDATE group_member SET to_on = greatest($2, from_on) WHERE volunteer_id = $1"
        " AND to_on IS NULL AND ($3::uuid IS NULL OR group_id = $3) RETURNING id",
        volunteer_id, on, group_id,
    )  # fmt: skip
    return len(rows)


async def of(volunteer_id: UUID) -> list[Group]:
    """Those that he is in now."""
    rows = await fetch(
        f"{_GROUP} WHERE EXISTS (SELECT FROM group_member m WHERE m.group_id = g.id"
        " AND m.volunteer_id = $1 AND m.to_on IS NULL) ORDER BY g.id",
        volunteer_id,
    )
    return [Group(**row) for row in rows]


async def listing(*, station_id: UUID | None, after: UUID | None, limit: int) -> list[Group]:
    """In the order they were made, also those that are closed."""
    rows = await fetch(
        f"{_GROUP} WHERE ($1::uuid IS NULL OR g.station_id = $1)"
        " AND ($2::uuid IS NULL OR g.id > $2) ORDER BY g.id LIMIT $3",
        station_id, after, limit,
    )  # fmt: skip
    return [Group(**row) for row in rows]
