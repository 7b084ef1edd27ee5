"""The relay and a stream that is not as it left it: refilled where possible, an alarm where not."""

import msgspec
import pytest
from redis.asyncio import Redis

from tests.events.world import (
    assert_stream_is_log,
    entries,
    eventually,
    log,
    numbered,
    relaying,
    streamed,
    update,
    volunteers,
)
from volunteer_svc.config import Config
from volunteer_svc.outbound.redis_stream import NAME, Stream
from volunteer_svc.store import database as db
from workers.relay import AnotherTimeline, append_once


async def test_a_stream_that_redis_lost_is_filled_again(config: Config, redis: Redis) -> None:
    async with relaying(config):
        await update(await volunteers(60))
        await streamed(redis, 60)
        await redis.flushdb()
        await streamed(redis, 60)
    await assert_stream_is_log(redis)


async def test_a_tail_that_redis_lost_is_filled_again(config: Config, redis: Redis) -> None:
    subjects = await volunteers(60)
    async with relaying(config):
        await update(subjects)
        await streamed(redis, 60)
    dump = await redis.dump(NAME)
    async with relaying(config):
        await update(subjects)
        await streamed(redis, 120)
    await redis.restore(NAME, 0, dump, replace=True)
    async with relaying(config):
        await streamed(redis, 120)
    await assert_stream_is_log(redis)


async def test_an_empty_stream_starts_with_what_it_can_hold(config: Config, redis: Redis) -> None:
    async with relaying(config):
        await update(await volunteers(60))
        await streamed(redis, 60)
        await redis.flushdb()
    async with relaying(msgspec.structs.replace(config, stream_maxlen=25)):
        await streamed(redis, 60)
    assert [key for key, _ in await entries(redis)] == [f"{n}-0" for n in range(36, 61)]


async def test_an_empty_stream_starts_with_the_first_event_that_is_kept(
    config: Config, redis: Redis
) -> None:
    async with relaying(config):
        await update(await volunteers(60))
        await streamed(redis, 60)
    await redis.flushdb()
    await db.execute("DELETE FROM event_log WHERE seq < 50")
    await db.execute("UPDATE event_head SET floor_seq = 50")
    async with relaying(config):
        await streamed(redis, 60)
    assert [key for key, _ in await entries(redis)] == [f"{n}-0" for n in range(50, 61)]


async def test_a_stream_ahead_of_the_log_is_an_alarm_and_takes_nothing(
    config: Config, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    await redis.xadd(NAME, {"data": "{}", "id": "x"}, id="1000-0")
    async with relaying(config):
        await update(await volunteers(5))
        await numbered(5)

        async def alarmed() -> bool:
            return "stream_ahead_of_log" in caplog.messages

        await eventually(alarmed)
    assert len(await log()) == 5
    assert len(await entries(redis)) == 1
    [alarm] = [one for one in caplog.records if one.levelname == "ERROR"]
    assert vars(alarm)["stream_at"] == 1000


async def test_a_stream_of_another_log_is_an_alarm_and_takes_nothing(
    config: Config, redis: Redis, stream: Stream
) -> None:
    """A log restored from a backup may have passed the stream's number again by now."""
    async with relaying(config):
        await update(await volunteers(5))
        await numbered(5)
    await redis.flushdb()
    await redis.xadd(NAME, {"data": "{}", "id": "another"}, id="3-0")
    with pytest.raises(AnotherTimeline, match="stream_differs_from_log"):
        await append_once(stream)
    assert len(await entries(redis)) == 1
