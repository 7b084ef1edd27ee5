"""The consumer library: in order, without holes, from the reader's own position."""

import asyncio
import subprocess
import sys
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.events.line import Line
from tests.events.world import eventually
from volunteer_svc.consumer import EpochChanged, Event, Gap, events
from volunteer_svc.consumer.event import parse

ROOT = Path(__file__).parents[2]
FIRST = "/volunteer-svc/20261122-abcdef01"
SECOND = "/volunteer-svc/20261123-abcdef02"
BODY = (
    '{{"specversion":"1.0","id":"event-{n}","source":"{source}","type":"volunteer-svc.x.y.v1",'
    '"subject":"volunteer/1","time":"2026-11-22T10:00:00.123456Z",'
    '"datacontenttype":"application/json","sequence":"{n:020}","subjectversion":{n},'
    '"future":"unknown","data":{{"n":{n}}}}}'
)


async def publish(redis: Redis, *sequences: int, source: str = FIRST) -> None:
    for n in sequences:
        text = BODY.format(n=n, source=source)
        await redis.xadd("volunteer.events", {"data": text}, id=f"{n}-0")


async def read(url: str, until: int, *, after: int = 0, source: str | None = None) -> list[int]:
    """The numbers from behind `after` to `until`."""
    found = []
    async with aclosing(events(url, after=after, source=source)) as stream:
        async for event in stream:
            found.append(event.sequence)
            if event.sequence >= until:
                return found
    raise AssertionError("unreachable")


def test_an_event_is_parsed_whatever_else_it_holds() -> None:
    raw = BODY.format(n=12, source=FIRST).encode()
    assert parse(raw) == Event(
        sequence=12,
        source=FIRST,
        id="event-12",
        type="volunteer-svc.x.y.v1",
        subject="volunteer/1",
        subject_version=12,
        time=datetime(2026, 11, 22, 10, 0, 0, 123456, UTC),
        station_id=None,
        data={"n": 12},
        raw=raw,
    )


async def test_reading_goes_on_behind_the_position(redis: Redis, redis_url: str) -> None:
    await publish(redis, *range(1, 1201))
    assert await read(redis_url, 1200) == list(range(1, 1201))
    assert await read(redis_url, 1200, after=1197, source=FIRST) == [1198, 1199, 1200]


async def test_reading_waits_for_what_is_to_come(redis: Redis, redis_url: str) -> None:
    reading = asyncio.create_task(read(redis_url, 3))
    for n in range(1, 4):
        await publish(redis, n)
    assert await reading == [1, 2, 3]


async def test_a_hole_is_an_error_at_the_event_behind_it(redis: Redis, redis_url: str) -> None:
    await publish(redis, 1, 2, 5)
    with pytest.raises(Gap, match="expected event 3, found 5") as raised:
        await read(redis_url, 5, after=1)
    assert (raised.value.expected, raised.value.found) == (3, 5)


async def test_a_trimmed_stream_is_a_hole_at_its_beginning(redis: Redis, redis_url: str) -> None:
    await publish(redis, 4, 5)
    with pytest.raises(Gap, match="expected event 1, found 4"):
        await read(redis_url, 5)


async def test_a_replaced_log_is_an_error_even_where_numbers_go_on(
    redis: Redis, redis_url: str
) -> None:
    await publish(redis, 1, 2)
    await publish(redis, 3, source=SECOND)
    with pytest.raises(EpochChanged) as raised:
        await read(redis_url, 3)
    assert (raised.value.expected, raised.value.found) == (FIRST, SECOND)
    with pytest.raises(EpochChanged):
        await read(redis_url, 3, after=2, source=FIRST)
    assert await read(redis_url, 3, after=2, source=SECOND) == [3]


async def test_a_replaced_log_is_not_taken_for_a_hole(redis: Redis, redis_url: str) -> None:
    await publish(redis, 5000, source=SECOND)
    with pytest.raises(EpochChanged):
        await read(redis_url, 5000, after=2, source=FIRST)


async def test_a_lost_connection_loses_and_doubles_nothing(
    redis: Redis, line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    await publish(redis, 1, 2)
    reading = asyncio.create_task(read(line.url, 4))

    async def reads() -> bool:
        clients = await redis.client_list()
        return any(client["cmd"] == "xread" and "b" in client["flags"] for client in clients)

    async def notices() -> bool:
        return "stream_unreachable" in caplog.messages

    await eventually(reads)
    await line.cut()
    await publish(redis, 3, 4)
    await eventually(notices)
    await line.join()
    assert await reading == [1, 2, 3, 4]


def test_the_consumer_needs_nothing_else_of_the_package() -> None:
    show = "import sys, volunteer_svc.consumer; print(*sorted(sys.modules))"
    command = [sys.executable, "-c", show]
    loaded = subprocess.run(  # noqa: S603 - ours
        command, cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split()
    ours = [name for name in loaded if name.startswith("volunteer_svc.")]
    own = ("event", "feed", "following", "position", "stream")
    assert ours == ["volunteer_svc.consumer", *(f"volunteer_svc.consumer.{one}" for one in own)]
    assert not {"msgspec", "piccolo", "asyncpg", "litestar"} & set(loaded)
