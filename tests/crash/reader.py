"""A platform of its own: its totals and its position change in one transaction of SQLite.

    python -m tests.crash.reader REDIS_URL FILE

No row of it is protected against coming twice: an event that takes effect twice is seen.
"""

import asyncio
import sqlite3
import sys
from contextlib import aclosing, closing
from pathlib import Path

from volunteer_svc.consumer import Event, events

_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (sequence INTEGER, event_id TEXT, record_id TEXT);
CREATE TABLE IF NOT EXISTS total (volunteer_id TEXT PRIMARY KEY, minutes INTEGER, stars INTEGER);
CREATE TABLE IF NOT EXISTS position (source TEXT, sequence INTEGER);
"""
_ADD = """
INSERT INTO total VALUES (?, ?, ?) ON CONFLICT (volunteer_id)
DO UPDATE SET minutes = minutes + excluded.minutes, stars = stars + excluded.stars
"""
_MINUTES = {
    "volunteer-svc.service.recorded.v1": "minutes",
    "volunteer-svc.service.corrected.v1": "minutes_delta",
}
_STARS = {"volunteer-svc.star.promoted.v1": 1, "volunteer-svc.star.revoked.v1": -1}


def connect(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, timeout=30)
    database.execute("PRAGMA journal_mode = WAL")
    # A killed process loses nothing that was committed; a machine is not what is killed here.
    database.execute("PRAGMA synchronous = NORMAL")
    database.executescript(_SCHEMA)
    return database


def take(database: sqlite3.Connection, event: Event) -> None:
    """The effect of an event, and the position behind it, or neither."""
    with database:
        minutes = event.data[_MINUTES[event.type]] if event.type in _MINUTES else 0
        stars = _STARS.get(event.type, 0)
        if minutes or stars:
            database.execute(_ADD, (event.data["volunteer_id"], minutes, stars))
        seen = (event.sequence, event.id, event.data.get("record_id"))
        database.execute("INSERT INTO seen VALUES (?, ?, ?)", seen)
        database.execute("DELETE FROM position")
        database.execute("INSERT INTO position VALUES (?, ?)", (event.source, event.sequence))


def position(database: sqlite3.Connection) -> tuple[str | None, int]:
    row = database.execute("SELECT source, sequence FROM position").fetchone()
    return row or (None, 0)


async def _read(redis_url: str, file: Path) -> None:
    with closing(connect(file)) as database:
        source, after = position(database)
        async with aclosing(events(redis_url, after=after, source=source)) as stream:
            async for event in stream:
                take(database, event)


if __name__ == "__main__":
    asyncio.run(_read(sys.argv[1], Path(sys.argv[2])))
