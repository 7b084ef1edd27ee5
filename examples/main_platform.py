"""An example of the main platform: keeps its own stars and promotions, in SQLite.

    python examples/main_platform.py --redis redis://localhost:6379 --db platform.db
    python examples/main_platform.py --api http://localhost:8080 --key <key> --db platform.db

With `--api` it begins with a snapshot, fills holes of the stream, and begins anew by itself when
the service's log was replaced. Stop it at any point, also with SIGKILL, and start it again: it goes
on where it was. The key is read from VOLUNTEER_API_KEY, too.
"""

import argparse
import asyncio
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # from a clone, where nothing is installed

from volunteer_svc.consumer import Batch, Event, Feed, Gap, Position, StartAnew, batches

TABLE_OF_TYPE = {
    "volunteer-svc.star.promoted.v1": "promotion",
    "volunteer-svc.star.revoked.v1": "revocation",
}
SCHEMA = """
CREATE TABLE IF NOT EXISTS volunteer (
    volunteer_id TEXT PRIMARY KEY, member_no TEXT, star INTEGER NOT NULL,
    counted_minutes INTEGER NOT NULL, version INTEGER NOT NULL
) WITHOUT ROWID;
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
CREATE TABLE IF NOT EXISTS position (
    source TEXT, sequence INTEGER NOT NULL, begun_at INTEGER NOT NULL
);
-- Only to prove that nothing is missing and nothing comes twice; a platform needs no such table.
CREATE TABLE IF NOT EXISTS seen (
    sequence INTEGER PRIMARY KEY, event_id TEXT NOT NULL
) WITHOUT ROWID;
"""


class Platform:
    """The platform's own database: the effect of events and the position change together."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        # A crash of the machine may lose the last transactions, and with them their positions:
        # those events are read again.
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.executescript(SCHEMA)

    def position(self) -> Position | None:
        """Of the last event that took effect."""
        row = self._database.execute("SELECT source, sequence FROM position").fetchone()
        return Position(*row) if row else None

    def consume(self, batch: Batch) -> None:
        with self._database:
            for event in batch.events:
                self._take(event)
            self._move_to(batch.position)

    def begin_anew(self, volunteers: Iterable[Mapping[str, Any]], position: Position) -> None:
        """All at once: readers of this database see the old state until the new one is whole."""
        with self._database:
            for table in ("volunteer", "promotion", "revocation", "seen", "position"):
                self._database.execute(f"DELETE FROM {table}")
            self._database.executemany(
                "INSERT INTO volunteer VALUES (:volunteer_id, :member_no, :star, :counted_minutes,"
                " :subjectversion)",
                volunteers,
            )
            self._database.execute(
                "INSERT INTO position VALUES (?, ?, ?)",
                (position.source, position.sequence, position.sequence),
            )

    def skip(self, position: Position) -> None:
        """Go on behind a hole, which the summary will show."""
        with self._database:
            self._move_to(position)

    def summary(self) -> dict[str, int]:
        consumed, distinct = self._count("count(*), count(DISTINCT event_id)", "seen")
        (expected,) = self._count("coalesce(max(sequence - begun_at), 0)", "position")
        return {
            "consumed": consumed,
            "promotions": self._count("count(*)", "promotion")[0],
            "revocations": self._count("count(*)", "revocation")[0],
            "missing": expected - consumed,
            "duplicates": consumed - distinct,
        }

    def _take(self, event: Event) -> None:
        self._database.execute("INSERT INTO seen VALUES (?, ?)", (event.sequence, event.id))
        table = TABLE_OF_TYPE.get(event.type)
        if table is None or event.subject_version <= self._version(event.data["volunteer_id"]):
            return  # a type of no concern, or one that the snapshot held already
        row = {
            **event.data,
            "event_id": event.id,
            "happened_at": event.time.isoformat(),
            "version": event.subject_version,
        }
        self._database.execute(
            f"INSERT INTO {table} VALUES (:volunteer_id, :member_no, :from_star, :to_star,"
            " :counted_minutes, :event_id, :happened_at) ON CONFLICT DO NOTHING",
            row,
        )
        self._database.execute(
            "INSERT INTO volunteer VALUES (:volunteer_id, :member_no, :to_star, :counted_minutes,"
            " :version) ON CONFLICT (volunteer_id) DO UPDATE SET star = excluded.star,"
            " counted_minutes = excluded.counted_minutes, version = excluded.version",
            row,
        )

    def _version(self, volunteer_id: str) -> int:
        row = self._database.execute(
            "SELECT version FROM volunteer WHERE volunteer_id = ?", (volunteer_id,)
        ).fetchone()
        return row[0] if row else 0

    def _move_to(self, position: Position) -> None:
        self._database.execute(
            "INSERT INTO position SELECT NULL, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM position)"
        )
        self._database.execute(
            "UPDATE position SET source = ?, sequence = ?", (position.source, position.sequence)
        )

    def _count(self, what: str, table: str) -> tuple[int, ...]:
        row: tuple[int, ...] = self._database.execute(f"SELECT {what} FROM {table}").fetchone()
        return row


@contextmanager
def platform_on(path: Path) -> Iterator[Platform]:
    with closing(sqlite3.connect(path)) as database:
        yield Platform(database)


async def begin_anew(platform: Platform, feed: Feed) -> Position:
    """The state as it is, and the position from which events tell what happens to it."""
    volunteers: list[Mapping[str, Any]] = []
    position = Position()
    async with aclosing(feed.snapshot()) as pages:
        async for page in pages:
            volunteers += page.volunteers
            position = page.after
    platform.begin_anew(volunteers, position)
    return position


async def follow(
    platform: Platform, feed: Feed | None, redis_url: str | None, until: float, *, quiet: bool
) -> None:
    """Consume from the stored position up to the event numbered `until`."""
    position = platform.position()
    while position is None or position.sequence < until:
        if position is None:
            position = await begin_anew(platform, feed) if feed else Position()
            continue
        try:
            source = batches(position, feed=feed, redis_url=redis_url)
            async with aclosing(source) as arriving:
                async for arrived in arriving:
                    batch = _up_to(until, arrived)
                    platform.consume(batch)
                    position = batch.position
                    if not quiet:
                        _tell(batch.events)
                    if position.sequence >= until:
                        return
        except StartAnew as reason:
            if feed is None:
                raise
            print(f"{reason}: beginning anew", file=sys.stderr)
            position = None
        except Gap as gap:
            # Only without --api: with it the missing events are fetched from the service.
            print(f"lost: events {gap.expected} to {gap.found - 1}", file=sys.stderr)
            position = Position(position and position.source, gap.found - 1)
            platform.skip(position)


def _up_to(until: float, batch: Batch) -> Batch:
    events = tuple(event for event in batch.events if event.sequence <= until)
    return batch if len(events) == len(batch.events) else Batch(events, events[-1].position)


def _tell(events: Sequence[Event]) -> None:
    for event in events:
        if event.type in TABLE_OF_TYPE:
            print(_line(event), flush=True)


def _line(event: Event) -> str:
    data = event.data
    return (
        f"{event.time:%Y-%m-%d} {TABLE_OF_TYPE[event.type]} {data['member_no']} "
        f"{data['from_star']}→{data['to_star']} {data['counted_minutes']} min"
    )


async def _main(platform: Platform, options: argparse.Namespace, until: float) -> None:
    async with AsyncExitStack() as stack:
        feed = Feed(options.api, options.key) if options.api else None
        if feed is not None:
            await stack.enter_async_context(feed)
        await follow(platform, feed, options.redis, until, quiet=options.quiet)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--redis", metavar="URL", help="the stream")
    parser.add_argument("--api", metavar="URL", help="the service: snapshot, and the feed")
    parser.add_argument("--key", default=os.environ.get("VOLUNTEER_API_KEY", ""))
    parser.add_argument("--db", required=True, type=Path, metavar="FILE")
    parser.add_argument("--until-sequence", type=int, metavar="N", help="stop behind event N")
    parser.add_argument("--quiet", action="store_true", help="print the summary only")
    options = parser.parse_args()
    if not (options.redis or options.api):
        parser.error("give --redis, --api, or both")
    until = float("inf") if options.until_sequence is None else options.until_sequence
    with platform_on(options.db) as platform:
        try:
            with suppress(KeyboardInterrupt):
                asyncio.run(_main(platform, options, until))
        except StartAnew as reason:
            print(f"{reason}: start anew with an empty --db, or give --api", file=sys.stderr)
            return 2
        summary = platform.summary()
    print(*(f"{name}={count}" for name, count in summary.items()))
    return 1 if summary["missing"] or summary["duplicates"] else 0


if __name__ == "__main__":
    sys.exit(main())
