"""From commit to consumer: 300 events a second through the relay, beside Redis alone."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from uuid import UUID, uuid4

import asyncpg
import msgspec
from redis.asyncio import Redis

from bench import consuming, ground
from bench.entries import volunteer_id, volunteer_of
from bench.figures import Figure
from bench.ground import Ground, say
from bench.quiet import Meter

_PER_SECOND = 300
_ROUNDS = 2
_LONGER = 2
"""A percentile needs more time than a rate."""
_CONNECTIONS = 4
_PATIENCE_SECONDS = 30
# The row of the subject is locked before the outbox is written to, as in the service.
_COMMIT = """
WITH subject AS (
    UPDATE volunteer SET version = version + 1 WHERE id = $2 RETURNING id, version, station_id
)
INSERT INTO outbox (event_id, name, subject, subject_version, station_id, happened_at, data)
SELECT $1, 'volunteer.updated', 'volunteer/' || id, version, station_id, now(),
    '{"volunteer_id":"' || id || '","station_id":"' || station_id || '","fields":[]}'
FROM subject
"""

Send = Callable[[UUID, int], Awaitable[None]]


def measure(place: Ground, seconds: float) -> Iterator[Figure]:
    """The 99th percentile of the better of two rounds."""
    count = int(_PER_SECOND * seconds * _LONGER)
    ours, bare = [], []
    with ground.process(place, "relay", "-m", "volunteer_svc", "relay"):
        for _ in range(_ROUNDS):
            Meter.when_quiet()
            bare.append(asyncio.run(_through_redis(place, count)))
            meter = Meter()
            ours.append(asyncio.run(_through_relay(place, count)))
            say(f"  commit to consumer: p50 {_percentile(ours[-1], 50):.1f} ms, p99"
                f" {_percentile(ours[-1], 99):.1f} ms; others {meter.others():.0%}")  # fmt: skip
    yield Figure(
        name="commit_to_consumer_p99_ms",
        ours=min(_percentile(each, 99) for each in ours),
        ceiling=min(_percentile(each, 99) for each in bare),
        at_most=100,
    )


async def _through_relay(place: Ground, count: int) -> list[float]:
    pool = await asyncpg.create_pool(
        place.config.database_url, min_size=_CONNECTIONS, max_size=_CONNECTIONS
    )
    async with pool:

        async def send(event_id: UUID, number: int) -> None:
            await pool.execute(_COMMIT, event_id, volunteer_id(volunteer_of(number)))

        # What the rounds before have left would come first.
        await pool.execute("TRUNCATE outbox")
        await send(uuid4(), 0)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while await pool.fetchval("SELECT EXISTS (SELECT FROM outbox)"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        after = await pool.fetchval("SELECT last_seq FROM event_head")
        return await _latencies(place, [str(after), str(after + count)], count, send)


async def _through_redis(place: Ground, count: int) -> list[float]:
    async with Redis.from_url(place.config.redis_url) as client:

        async def send(event_id: UUID, _: int) -> None:
            await client.xadd(consuming.BARE_STREAM, {"id": str(event_id)})

        await client.delete(consuming.BARE_STREAM)
        return await _latencies(place, ["bare", str(count)], count, send)


async def _latencies(place: Ground, what: list[str], count: int, send: Send) -> list[float]:
    """Send at an even pace, whatever comes back; milliseconds from each answer to its arrival."""
    consumer = await asyncio.create_subprocess_exec(
        sys.executable, "-m", consuming.__name__, place.config.redis_url, *what,
        cwd=ground.ROOT, stdout=subprocess.PIPE,
    )  # fmt: skip
    sent: dict[str, int] = {}

    async def one(number: int, at: float) -> None:
        await asyncio.sleep(at - time.monotonic())
        event_id = uuid4()
        await send(event_id, number)
        sent[str(event_id)] = time.monotonic_ns()

    start = time.monotonic() + 1  # by then the consumer listens
    async with (
        asyncio.timeout(_PATIENCE_SECONDS + count / _PER_SECOND),
        asyncio.TaskGroup() as all_,
    ):
        for number in range(count):
            all_.create_task(one(number, start + number / _PER_SECOND))
        output, _ = await consumer.communicate()
    arrived = msgspec.json.decode(output, type=dict[str, int])
    return sorted((arrived[event_id] - at) / 1e6 for event_id, at in sent.items())


def _percentile(ordered: list[float], percent: int) -> float:
    # An event may arrive before its sender hears of the commit.
    return max(ordered[len(ordered) * percent // 100], 0.01)
