"""The stream: entry ids are the events' numbers, and Redis itself refuses what it has already."""

import asyncio
from uuid import UUID

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from tests.events.world import entries
from volunteer_svc import ids
from volunteer_svc.domain.cloudevent import Numbered
from volunteer_svc.outbound import redis_stream
from volunteer_svc.outbound.redis_stream import NAME, Stream
from volunteer_svc.outbound.way import Position


def events(first: int, last: int) -> list[Numbered]:
    return [
        Numbered(
            sequence=sequence,
            event_id=UUID(int=sequence),
            name="star.promoted",
            subject=f"volunteer/{ids.uuid7()}",
            body=f'{{"n":{sequence}}}',
        )
        for sequence in range(first, last + 1)
    ]


async def test_an_entry_has_the_events_number_and_says_what_it_is(
    redis: Redis, stream: Stream
) -> None:
    [event] = events(1, 1)
    assert await stream.append(0, [event]) == 1
    assert await entries(redis) == [
        (
            "1-0",
            {
                "data": event.body,
                "id": str(event.event_id),
                "type": "volunteer-svc.star.promoted.v1",
                "subject": event.subject,
            },
        )
    ]


async def test_an_append_whose_reply_was_lost_is_not_repeated(redis: Redis, stream: Stream) -> None:
    batch = events(1, 10)
    assert await stream.append(0, batch) == 10
    assert await stream.append(0, batch) == 10
    assert len(await entries(redis)) == 10


async def test_an_append_elsewhere_than_at_the_end_appends_nothing(
    redis: Redis, stream: Stream
) -> None:
    await stream.append(0, events(1, 5))
    assert await stream.append(4, events(5, 6)) == 5
    assert await stream.append(6, events(7, 8)) == 5
    assert len(await entries(redis)) == 5


async def test_four_that_append_at_once_append_each_event_once(
    redis: Redis, stream: Stream
) -> None:
    log = events(1, 400)

    async def relay() -> None:
        at = 0
        while at < len(log):
            at = await stream.append(at, log[at : at + 7])

    await asyncio.gather(*(relay() for _ in range(4)))
    assert [key for key, _ in await entries(redis)] == [f"{n}-0" for n in range(1, 401)]


async def test_position_is_the_last_number_ever_given(redis: Redis, stream: Stream) -> None:
    assert await stream.position() == Position(0, None)
    await stream.append(0, events(1, 3))
    assert await stream.position() == Position(3, str(UUID(int=3)))
    await redis.xtrim(NAME, maxlen=0, approximate=False)
    assert await stream.position() == Position(3, None)
    assert await stream.append(3, events(4, 4)) == 4


async def test_an_empty_stream_that_a_reader_made_is_a_new_one(
    redis: Redis, stream: Stream
) -> None:
    await redis.xgroup_create(NAME, "group", id="0", mkstream=True)
    assert await stream.position() == Position(0, None)
    assert await stream.append(0, events(41, 42)) == 42


async def test_numbers_beyond_the_doubles_of_lua_stay_exact(redis: Redis, stream: Stream) -> None:
    high = 2**53 + 1
    assert await stream.append(0, events(high, high)) == high
    assert await stream.append(high, events(high + 1, high + 1)) == high + 1
    assert (await stream.position()).sequence == high + 1
    assert len(await entries(redis)) == 2


async def test_the_stream_keeps_about_its_length(redis: Redis) -> None:
    stream = Stream(redis, maxlen=500)
    await stream.append(0, events(1, 3000))
    kept = await entries(redis)
    assert 500 <= len(kept) < 1000
    assert kept[-1][0] == "3000-0"


async def test_another_kind_of_key_is_an_error(redis: Redis, stream: Stream) -> None:
    await redis.set(NAME, "text")
    with pytest.raises(ResponseError):
        await stream.position()
    with pytest.raises(ResponseError):
        await stream.append(0, events(1, 1))


async def test_no_cancellation_is_lost(redis_url: str) -> None:
    """A relay that missed its end would go on for ever: see `redis_stream.connect`."""
    async with redis_stream.connect(redis_url) as client:
        stream = Stream(client, maxlen=10)
        await stream.append(0, events(1, 1))
        for steps in range(200):
            asking = asyncio.create_task(stream.position())
            for _ in range(steps % 10):
                await asyncio.sleep(0)
            if asking.cancel():
                with pytest.raises(asyncio.CancelledError):
                    await asking
