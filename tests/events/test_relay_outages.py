"""The relay while a server, a connection or a reply is lost: nothing is lost or doubled with it."""

import msgspec
import pytest
from redis.asyncio import Redis

from tests.events.line import Line
from tests.events.world import (
    assert_stream_is_log,
    entries,
    eventually,
    numbered,
    relaying,
    streamed,
    update,
    volunteers,
)
from volunteer_svc.config import Config
from volunteer_svc.outbound import redis_stream
from volunteer_svc.store import database as db


async def test_numbering_goes_on_while_redis_is_away(
    config: Config, redis: Redis, line: Line
) -> None:
    subjects = await volunteers(20)
    async with relaying(msgspec.structs.replace(config, redis_url=line.url)):
        await update(subjects)
        await streamed(redis, 20)
        await line.cut()
        await update(subjects)
        await numbered(40)
        assert len(await entries(redis)) == 20
        await line.join()
        await streamed(redis, 40)
    await assert_stream_is_log(redis)


async def test_a_lost_reply_doubles_nothing(config: Config, redis: Redis, line: Line) -> None:
    subjects = await volunteers(20)
    async with relaying(msgspec.structs.replace(config, redis_url=line.url)):
        for round_ in range(1, 6):
            line.loses_replies = True
            await update(subjects)
            await numbered(20 * round_)
            line.loses_replies = False
            await streamed(redis, 20 * round_)
    await assert_stream_is_log(redis)


async def test_a_redis_that_says_nothing_is_asked_again(
    config: Config, redis: Redis, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_stream, "_WAIT_SECONDS", 0.1)
    subjects = await volunteers(20)
    async with relaying(msgspec.structs.replace(config, redis_url=line.url)):
        line.is_silent = True
        await update(subjects)
        await numbered(20)
        line.is_silent = False
        await streamed(redis, 20)
    await assert_stream_is_log(redis)


async def test_lost_connections_to_postgresql_are_made_again(config: Config, redis: Redis) -> None:
    subjects = await volunteers(20)

    async def updated() -> bool:
        try:
            await update(subjects)
        except db.LOST:  # the pool was hit too
            return False
        return True

    async with relaying(config):
        await update(subjects)
        await streamed(redis, 20)
        await db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await eventually(updated)
        await streamed(redis, 40)
    await assert_stream_is_log(redis)
