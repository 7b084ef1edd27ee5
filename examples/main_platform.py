"""An example of the main platform: keeps its own table of promotions from the event stream.

    python examples/main_platform.py --redis redis://localhost:6379 --db platform.db

Stop it at any point, also with SIGKILL, and start it again: it goes on where it was.
"""

import argparse
import asyncio
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import aclosing, closing, contextmanager, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # from a clone, where nothing is installed

from volunteer_svc.consumer import EpochChanged, Event, Gap, events

TABLE_OF_TYPE = {
    "volunteer-svc.star.promoted.v1": "promotion",
    "volunteer-svc.star.revoked.v1": "revocation",
}
SCHEMA = """
CREATE TABLE IF NOT EXISTS promotion (
    volunteer_id TEXT NOT NULL, member_no TEXT NOT NULL, from_star INTEGER NOT NULL,
    to_star INTEGER NOT NULL, counted_minutes INTEGER NOT NULL, event_id TEXT NOT NULL UNIQUE,
    happened_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS revocation (
    volunteer_id TEXT NOT NULL, member_no TEXT NOT NULL, from_star INTEGER NOT NULL,
    to_star INTEGER NOT NULL, counted_minutes INTEGER NOT NULL, event_id TEXT NOT NULL UNIQUE,
    happened_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS position (source TEXT, sequence INTEGER NOT NULL);
-- Only to prove that nothing is missing and nothing comes twice; a platform needs no such table.
CREATE TABLE IF NOT EXISTS seen (
    sequence INTEGER PRIMARY KEY, event_id TEXT NOT NULL
) WITHOUT ROWID;
"""


class Platform:
    """The platform's own database: each event's effect and the position change together."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        # A crash of the machine may lose the last transactions, and with them their positions:
        # those events are read again.
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(SCHEMA)

    def position(self) -> tuple[str | None, int]:
        """Source and number of the last event that took effect."""
        row = self._database.execute("SELECT source, sequence FROM position").fetchone()
        return row or (None, 0)

    def consume(self, event: Event) -> None:
        with self._database:
            if table := TABLE_OF_TYPE.get(event.type):
                self._database.execute(
                    f"INSERT INTO {table} VALUES (:volunteer_id, :member_no, :from_star, :to_star,"
                    " :counted_minutes, :event_id, :happened_at) ON CONFLICT DO NOTHING",
                    {**event.data, "event_id": event.id, "happened_at": event.time.isoformat()},
                )
            self._database.execute("INSERT INTO seen VALUES (?, ?)", (event.sequence, event.id))
            self._move_to(event.source, event.sequence)

    def skip(self, source: str | None, sequence: int) -> None:
        """Go on behind a hole, which the summary will show."""
        with self._database:
            self._move_to(source, sequence)

    def summary(self) -> dict[str, int]:
        consumed, distinct = self._count("count(*), count(DISTINCT event_id)", "seen")
        return {
            "consumed": consumed,
            "promotions": self._count("count(*)", "promotion")[0],
            "revocations": self._count("count(*)", "revocation")[0],
            "missing": self.position()[1] - consumed,
            "duplicates": consumed - distinct,
        }

    def _move_to(self, source: str | None, sequence: int) -> None:
        self._database.execute("DELETE FROM position")
        self._database.execute("INSERT INTO position VALUES (?, ?)", (source, sequence))

    def _count(self, what: str, table: str) -> tuple[int, ...]:
        row: tuple[int, ...] = self._database.execute(f"SELECT {what} FROM {table}").fetchone()
        return row


@contextmanager
def platform_on(path: Path) -> Iterator[Platform]:
    with closing(sqlite3.connect(path)) as database:
        yield Platform(database)


async def follow(platform: Platform, redis_url: str, until: float, *, quiet: bool) -> None:
    """Consume from the stored position up to the event numbered `until`."""
    source, sequence = platform.position()
    while sequence < until:
        try:
            async with aclosing(events(redis_url, after=sequence, source=source)) as stream:
                async for event in stream:
                    platform.consume(event)
                    source, sequence = event.source, event.sequence
                    if not quiet and event.type in TABLE_OF_TYPE:
                        print(_line(event), flush=True)
                    if sequence >= until:
                        return
        except Gap as gap:
            # A real platform fetches these events from the service and only then goes on.
            print(f"lost: events {gap.expected} to {gap.found - 1}", file=sys.stderr)
            sequence = gap.found - 1
            platform.skip(source, sequence)


def _line(event: Event) -> str:
    data = event.data
    return (
        f"{event.time:%Y-%m-%d} {TABLE_OF_TYPE[event.type]} {data['member_no']} "
        f"{data['from_star']}→{data['to_star']} {data['counted_minutes']} min"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--redis", required=True, metavar="URL")
    parser.add_argument("--db", required=True, type=Path, metavar="FILE")
    parser.add_argument("--until-sequence", type=int, metavar="N", help="stop behind event N")
    parser.add_argument("--quiet", action="store_true", help="print the summary only")
    options = parser.parse_args()
    until = float("inf") if options.until_sequence is None else options.until_sequence
    with platform_on(options.db) as platform:
        try:
            with suppress(KeyboardInterrupt):
                asyncio.run(follow(platform, options.redis, until, quiet=options.quiet))
        except EpochChanged as error:
            print(f"{error}: start anew with an empty --db", file=sys.stderr)
            return 2
        summary = platform.summary()
    print(*(f"{name}={count}" for name, count in summary.items()))
    return 1 if summary["missing"] or summary["duplicates"] else 0


if __name__ == "__main__":
    sys.exit(main())
