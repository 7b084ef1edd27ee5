"""A platform that uses FastStream reads the stream as it is, without any code of ours."""

from typing import Any

from faststream.redis import RedisBroker, StreamSub
from redis.asyncio import Redis

from tests.events.world import eventually, log, relaying, streamed, update, volunteers
from volunteer_svc.config import Config


async def test_a_faststream_consumer_reads_every_event_in_order(
    config: Config, redis: Redis
) -> None:
    subjects = await volunteers(40)
    found: list[dict[str, Any]] = []
    broker = RedisBroker(config.redis_url, logger=None)

    # From the first entry on; a platform names its own position. FastStream takes the field
    # `data` for the message, which is the event.
    @broker.subscriber(stream=StreamSub("volunteer.events", last_id="0", polling_interval=50))
    async def take(event: dict[str, Any]) -> None:
        found.append(event)

    async with relaying(config):
        await update(subjects)
        await streamed(redis, 40)
        async with broker:
            await broker.start()
            await update(subjects)  # before and while it reads

            async def complete() -> bool:
                return len(found) >= 80

            await eventually(complete)
    assert found == await log()
