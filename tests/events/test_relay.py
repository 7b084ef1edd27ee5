"""The relay: what is committed arrives in the stream once, whichever relay brings it."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis.asyncio import Redis

from tests.builders import station
from tests.events.world import (
    RELAY,
    assert_stream_is_log,
    eventually,
    numbered,
    relaying,
    streamed,
    update,
    volunteers,
)
from volunteer_svc.config import Config, environment
from volunteer_svc.outbound.redis_stream import Stream
from volunteer_svc.store import database as db
from volunteer_svc.store import event_log, trails
from workers import relay
from workers.relay import append_once

ROOT = Path(__file__).parents[2]


@contextmanager
def process(config: Config) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "volunteer_svc", "relay"]
    with subprocess.Popen(command, cwd=ROOT, env=environment(config)) as one:  # noqa: S603 - ours
        try:
            yield one
        finally:
            one.kill()


async def test_what_is_committed_arrives_and_what_is_rolled_back_does_not(
    config: Config, redis: Redis
) -> None:
    subjects = await volunteers(5)
    async with relaying(config):
        await update(subjects)
        await update(subjects, fail=True)
        await update(subjects)
        await streamed(redis, 10)
    await assert_stream_is_log(redis)


async def test_the_relay_chains_the_trails(config: Config, redis: Redis) -> None:
    async with relaying(config):
        for _ in range(3):
            await station()

        async def chained() -> bool:
            return len(await trails.listing("audit", after=0, limit=10)) == 3

        await eventually(chained)
        await streamed(redis, 3)
    assert await db.fetch("SELECT FROM audit_outbox") == []


async def test_two_relays_at_once_append_each_event_once(
    config: Config, redis: Redis, stream: Stream
) -> None:
    subjects = await volunteers(50)
    async with relaying(config), relaying(config):
        # Two more that believe they lead.
        for _ in range(20):
            await asyncio.gather(update(subjects), append_once(stream), append_once(stream))
        await streamed(redis, 1000)
    await assert_stream_is_log(redis)


async def test_a_killed_leader_is_followed_by_the_standby(config: Config, redis: Redis) -> None:
    subjects = await volunteers(50)

    with process(config) as leader:
        await update(subjects)
        await streamed(redis, 50)
        with process(config) as standby:
            await eventually(two_are_connected)
            for _ in range(10):
                await update(subjects)
            leader.kill()
            for _ in range(10):
                await update(subjects)
            await streamed(redis, 1050)
            standby.terminate()
            assert await asyncio.to_thread(standby.wait) == 0
    await assert_stream_is_log(redis)


async def test_a_leader_that_is_stopped_hands_over_at_once(config: Config, redis: Redis) -> None:
    """Within two seconds, on a machine that brings events to the stream within a fifth of one; what
    is crowded is given in proportion. `make bench` measures it."""
    subjects = await volunteers(20)

    async def seconds_to_the_stream(count: int) -> float:
        started = time.monotonic()
        await update(subjects)
        await streamed(redis, count, seconds=30)
        return time.monotonic() - started

    with process(config) as leader:
        await seconds_to_the_stream(20)
        with process(config) as standby:
            await eventually(two_are_connected, seconds=20)
            usual = max([await seconds_to_the_stream(20 * n) for n in range(2, 6)])
            before = await leading()
            leader.terminate()
            seconds = await seconds_to_the_stream(120)
            assert await leading() != before
            assert await asyncio.to_thread(leader.wait, 10) == 0
            assert standby.poll() is None
    assert seconds < 2 * max(usual / 0.2, 1)
    await assert_stream_is_log(redis)


async def two_are_connected() -> bool:
    query = (
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1"
    )
    return len(await db.fetch(query, RELAY)) == 2


async def leading() -> int:
    """The PostgreSQL process of the connection that leads."""
    (row,) = await db.fetch(
        "SELECT a.pid FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid"
        " WHERE a.datname = current_database() AND a.application_name = $1"
        " AND l.locktype = 'advisory' AND l.granted",
        RELAY,
    )
    return int(row["pid"])


async def test_a_relay_that_stops_between_numbering_and_appending_leaves_no_hole(
    config: Config, redis: Redis
) -> None:
    subjects = await volunteers(20)
    for _ in range(10):
        await update(subjects)
        stop = asyncio.Event()
        relaying_ = asyncio.create_task(relay.run(config, stop))
        before = (await event_log.head()).last_seq
        await numbered(before + len(subjects))
        stop.set()
        async with asyncio.timeout(30):
            await relaying_
    async with relaying(config):
        await streamed(redis, 200)
    await assert_stream_is_log(redis)
