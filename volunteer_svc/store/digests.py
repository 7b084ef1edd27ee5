"""Digests of days; append-only. The sums are made of the log."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.cloudevent import type_of
from volunteer_svc.domain.digest import MINUTES, STARS, Digest
from volunteer_svc.domain.events import TypeFigures
from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch, fetch_row
from volunteer_svc.store.event_log import Head

_LOCK = 0x646967657374  # the letters "digest": any number, the same for every maker
_MINUTES = " ".join(
    f"WHEN '{name}' THEN (body::json #>> '{{data,{field}}}')::bigint"
    for name, field in MINUTES.items()
)
_STARS = " ".join(
    f"WHEN '{name}' THEN (body::json #>> '{{data,to_star}}')::bigint"
    f" - (body::json #>> '{{data,from_star}}')::bigint"
    for name in sorted(STARS)
)
_COUNT = f"""
SELECT station_id, name, count(*) AS events,
    coalesce(sum(CASE name {_MINUTES} END), 0)::bigint AS minutes,
    coalesce(sum(CASE name {_STARS} END), 0)::bigint AS stars
FROM event_log WHERE happened_at >= $1 AND happened_at < $2 AND seq BETWEEN $3 AND $4
GROUP BY 1, 2 ORDER BY 1, 2
"""


async def hold() -> None:
    """Nobody else makes digests until the command ends."""
    await execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


async def last_day() -> date | None:
    row = await fetch_row('SELECT max("on") AS day FROM digest')
    return row["day"] if row else None


async def first_event_at(head: Head) -> datetime | None:
    """When the first event happened that the log still has."""
    row = await fetch_row(
        "SELECT happened_at FROM event_log WHERE seq >= $1 ORDER BY seq LIMIT 1", head.floor_seq
    )
    return row["happened_at"] if row else None


async def is_unnumbered(before: datetime) -> bool:
    """Whether an event from before that instant is committed and not in the log yet."""
    row = await fetch_row(
        "SELECT EXISTS (SELECT FROM outbox WHERE happened_at < $1) AS any", before
    )
    return bool(row and row["any"])


async def count(start: datetime, end: datetime, head: Head) -> dict[UUID | None, list[TypeFigures]]:
    """What the log's events of that time add up to, by station and type, up to that head."""
    found: dict[UUID | None, list[TypeFigures]] = {}
    for row in await fetch(_COUNT, start, end, head.floor_seq, head.last_seq):
        one = TypeFigures(type_of(row["name"]), row["events"], row["minutes"], row["stars"])
        found.setdefault(row["station_id"], []).append(one)
    return found


async def stations_of(day: date, end: datetime) -> list[UUID]:
    """The stations that were there and open on that day."""
    rows = await fetch(
        "SELECT id FROM station WHERE created_at < $2 AND (closed_on IS NULL OR closed_on >= $1)"
        " ORDER BY code",
        day, end,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def insert(digests: Sequence[Digest]) -> None:
    """Raises database.Violation when the day of a station has one."""
    await bulk.insert(
        "digest",
        ("id", "station_id", "on", "from_seq", "to_seq", "figures", "made_at"),
        [
            (one.id, one.station_id, one.on, one.from_sequence, one.to_sequence,
             msgspec.json.encode(one.figures).decode(), one.made_at)
            for one in digests
        ],
    )  # fmt: skip


async def listing(
    *, on: date | None, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Digest]:
    """In the order in which they were made: by day."""
    rows = await fetch(
        'SELECT * FROM digest WHERE ($1::date IS NULL OR "on" = $1)'
        " AND ($2::uuid IS NULL OR station_id = $2) AND ($3::uuid IS NULL OR id > $3)"
        " ORDER BY id LIMIT $4",
        on, station_id, after, limit,
    )  # fmt: skip
    return [_digest(row) for row in rows]


async def between(since: date, until: date) -> list[Digest]:
    """Those of the days `since` to `until`."""
    rows = await fetch(
        'SELECT * FROM digest WHERE "on" BETWEEN $1 AND $2 ORDER BY id', since, until
    )
    return [_digest(row) for row in rows]


def _digest(row: "dict[str, object]") -> Digest:
    return msgspec.convert(
        {
            "id": row["id"],
            "station_id": row["station_id"],
            "on": row["on"],
            "from_sequence": row["from_seq"],
            "to_sequence": row["to_seq"],
            "figures": msgspec.json.decode(str(row["figures"])),
            "made_at": row["made_at"],
        },
        Digest,
    )
