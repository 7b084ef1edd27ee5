"""An example of a platform on PostgreSQL: a table of stars that is never wrong for long.

    python examples/postgres_platform.py --api http://localhost:8080 --key <key> \\
        --database postgresql://localhost/platform [--redis redis://localhost:6379]

It begins with a snapshot and then takes batches of events, each in one transaction with the
position behind it. Killed at any point it goes on where it was; when the service's log was replaced
it begins anew by itself. The key is read from VOLUNTEER_API_KEY, too.
"""

import argparse
import asyncio
import os
import sys
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import asyncpg

sys.path.insert(0, str(Path(__file__).parents[1]))  # from a clone, where nothing is installed

from volunteer_svc.consumer import Batch, Feed, Position, StartAnew, batches

SCHEMA = """
CREATE TABLE IF NOT EXISTS volunteer_star (
    volunteer_id uuid PRIMARY KEY, member_no text, star int NOT NULL,
    counted_minutes int NOT NULL, version int NOT NULL
);
CREATE TABLE IF NOT EXISTS volunteer_position (
    "only" boolean PRIMARY KEY DEFAULT true CHECK ("only"),
    source text NOT NULL, sequence bigint NOT NULL
);
"""
STARS = ("volunteer-svc.star.promoted.v1", "volunteer-svc.star.revoked.v1")
MINUTES = ("volunteer-svc.service.recorded.v1", "volunteer-svc.service.corrected.v1")
# Older than what is there is what the snapshot held already, or what came twice.
TAKE = """
INSERT INTO volunteer_star AS mine VALUES ($1, $2, coalesce($3, 0), $4, $5)
ON CONFLICT (volunteer_id) DO UPDATE SET
    member_no = coalesce(excluded.member_no, mine.member_no),
    star = coalesce($3, mine.star), counted_minutes = $4, version = $5
WHERE mine.version < $5
"""
MOVE = """
INSERT INTO volunteer_position (source, sequence) VALUES ($1, $2)
ON CONFLICT ("only") DO UPDATE SET source = $1, sequence = $2
"""


async def position(connection: Any) -> Position | None:
    row = await connection.fetchrow("SELECT source, sequence FROM volunteer_position")
    return Position(*row) if row else None


async def consume(connection: Any, batch: Batch) -> None:
    rows = [
        (data["volunteer_id"], data.get("member_no"), data.get("to_star"),
         data["counted_minutes"], event.subject_version)
        for event in batch.events
        if event.type in (*STARS, *MINUTES)
        for data in [event.data]
    ]  # fmt: skip
    async with connection.transaction():
        await connection.executemany(TAKE, rows)
        await connection.execute(MOVE, batch.position.source, batch.position.sequence)


async def begin_anew(connection: Any, feed: Feed) -> Position:
    """In one transaction: whoever reads the table sees the old state until the new one is whole."""
    async with connection.transaction(), aclosing(feed.snapshot()) as pages:
        await connection.execute("DELETE FROM volunteer_star")
        after = Position()
        async for page in pages:
            after = page.after
            await connection.copy_records_to_table(
                "volunteer_star",
                records=[
                    (one["volunteer_id"], one["member_no"], one["star"], one["counted_minutes"],
                     one["subjectversion"])
                    for one in page.volunteers
                ],
            )  # fmt: skip
        await connection.execute(MOVE, after.source, after.sequence)
    return after


async def follow(connection: Any, feed: Feed, redis_url: str | None, until: float) -> None:
    """For ever, or up to the event numbered `until`."""
    after = await position(connection) or await begin_anew(connection, feed)
    while after.sequence < until:
        try:
            async with aclosing(batches(after, feed=feed, redis_url=redis_url)) as arriving:
                async for batch in arriving:
                    await consume(connection, batch)
                    after = batch.position
                    if after.sequence >= until:
                        return
        except StartAnew as reason:
            print(f"{reason}: beginning anew", file=sys.stderr)
            after = await begin_anew(connection, feed)


async def _main(options: argparse.Namespace) -> None:
    connection = await asyncpg.connect(options.database)
    try:
        await connection.execute(SCHEMA)
        async with Feed(options.api, options.key, types=(*STARS, *MINUTES)) as feed:
            await follow(connection, feed, options.redis, options.until_sequence)
        stars = await connection.fetch(
            "SELECT star, count(*) FROM volunteer_star GROUP BY 1 ORDER BY 1"
        )
        print(*(f"stars_{star}={count}" for star, count in stars))
    finally:
        await connection.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--api", required=True, metavar="URL")
    parser.add_argument("--key", default=os.environ.get("VOLUNTEER_API_KEY", ""))
    parser.add_argument("--redis", metavar="URL", help="the stream, which is faster")
    parser.add_argument("--database", required=True, metavar="URL", help="the platform's own")
    parser.add_argument("--until-sequence", type=float, default=float("inf"), metavar="N")
    with suppress(KeyboardInterrupt):
        asyncio.run(_main(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
