"""A relay that is stopped hands over: how long events wait until the next one brings them."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack

import asyncpg
from redis.asyncio import Redis

from bench import ground
from bench.figures import Figure
from bench.ground import Ground, say
from volunteer_svc import processes
from volunteer_svc.outbound.redis_stream import NAME
from volunteer_svc.processes import Child

_TIMES = 4
_LIMIT_SECONDS = 2
_PATIENCE_SECONDS = 30
_EVENT = """
INSERT INTO outbox (event_id, name, subject, subject_version, happened_at, data)
VALUES (gen_random_uuid(), 'volunteer.updated', 'volunteer/' || gen_random_uuid(), 1, now(),
    '{"fields":["phone"]}')
"""
_RELAYS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'volunteer_svc relay'
"""


def measure(place: Ground, _: float) -> Iterator[Figure]:
    """The slowest of four: a relay is told to stop just when an event is committed."""
    with ExitStack() as stack:

        def relay(name: str) -> Child:
            return stack.enter_context(ground.process(place, name, "-m", "volunteer_svc", "relay"))

        took = asyncio.run(_handed_over(place, relay))
    say(f"  hand-overs: {', '.join(f'{one:.2f}' for one in took)} s")
    yield Figure(name="relay_hand_over_seconds", ours=max(took), ceiling=_LIMIT_SECONDS,
                 at_most=_LIMIT_SECONDS, unit="s")  # fmt: skip


async def _handed_over(place: Ground, relay: Callable[[str], Child]) -> list[float]:
    connection = await asyncpg.connect(place.config.database_url)
    client = Redis.from_url(place.config.redis_url)
    try:
        leader, took = relay("relay0"), []
        await _brought(connection, client)
        for n in range(1, _TIMES + 1):
            standby = relay(f"relay{n}")
            await _until(lambda: _both_are_connected(connection))
            started = time.monotonic()
            leader.terminate()
            await _brought(connection, client)
            took.append(time.monotonic() - started)
            processes.stop([leader])
            leader = standby
        return took
    finally:
        await client.aclose()
        await connection.close()


async def _brought(connection: asyncpg.Connection, client: Redis) -> None:
    """An event is committed; wait until the stream stands at the head of the log."""
    await connection.execute(_EVENT)

    async def is_there() -> bool:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)"):
            return False
        head = await connection.fetchval("SELECT last_seq FROM event_head")
        if not await client.exists(NAME):
            return False
        return (await client.xinfo_stream(NAME))["last-generated-id"] == b"%d-0" % head

    await _until(is_there)


async def _both_are_connected(connection: asyncpg.Connection) -> bool:
    return await connection.fetchval(_RELAYS) == 2  # noqa: PLR2004 - leader and standby


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110 - other processes decide
            await asyncio.sleep(0.005)
