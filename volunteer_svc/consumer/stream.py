"""The Redis stream alone: event after event from a position of the reader's own.

Delivery is at least once. For an effect that happens exactly once store `source` and `sequence` of
each event in your own database, in the transaction of the effect, and start from there:

    async with aclosing(events(url, after=sequence, source=source)) as stream:
        async for event in stream:
            with database.transaction():
                ...  # the effect; ignore types you do not know
                store_position(event.source, event.sequence)

Consumer groups are not used: their position would live in Redis, apart from the effect.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from volunteer_svc.consumer.event import EpochChanged, Event, Gap, parse

STREAM = "volunteer.events"
_READ_EVENTS_MAX = 500
_BLOCK_SECONDS = 5
_CONNECT_SECONDS = 5
_REPLY_SECONDS = 10  # more than a read may block
_RETRY_SECONDS_MIN = 0.1
_RETRY_SECONDS_MAX = 5.0

UNREACHABLE = (RedisConnectionError, RedisTimeoutError, TimeoutError)

_logger = logging.getLogger(__name__)


async def events(
    redis_url: str, *, after: int = 0, source: str | None = None
) -> AsyncGenerator[Event, None]:
    """All events behind number `after`, for ever, through outages of Redis.

    Raises Gap at a hole and EpochChanged when an event is not from `source` (None: whatever the
    first event says); neither event is yielded.
    """
    async with connected(redis_url) as client:
        while True:
            for event in await _read(client, after):
                if source not in (None, event.source):
                    raise EpochChanged(str(source), event.source, event.sequence)
                if event.sequence != after + 1:
                    raise Gap(after + 1, event.sequence)
                source, after = event.source, event.sequence
                yield event


def connected(url: str) -> Redis:
    """A client, which connects when it is first used, and again after a loss."""
    # Not socket_timeout: with it redis-py 5 loses every third cancellation on Python 3.11.
    client: Redis = Redis.from_url(url, socket_connect_timeout=_CONNECT_SECONDS)
    return client


async def read_once(client: Redis, after: int) -> Sequence[Event]:
    """The next events in the stream; none when nothing comes for a while. Raises UNREACHABLE."""
    async with asyncio.timeout(_REPLY_SECONDS):
        streams = await client.xread(
            {STREAM: f"{after}-0"}, count=_READ_EVENTS_MAX, block=_BLOCK_SECONDS * 1000
        )
    return [parse(fields[b"data"]) for _, entries in streams for _, fields in entries]


async def _read(client: Redis, after: int) -> Sequence[Event]:
    pause = _RETRY_SECONDS_MIN
    while True:
        try:
            return await read_once(client, after)
        except UNREACHABLE as error:
            _logger.warning("stream_unreachable", extra={"error": repr(error)})
            await asyncio.sleep(pause)
            pause = min(2 * pause, _RETRY_SECONDS_MAX)
