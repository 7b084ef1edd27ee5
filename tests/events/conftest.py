"""Fixtures of the tests of events: one configuration, a client, a sequencer's connection."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from tests.events.line import Line
from volunteer_svc.config import Config
from volunteer_svc.outbound.redis_stream import Stream
from volunteer_svc.store import event_log


@pytest.fixture
def config(database: Config, redis_url: str) -> Config:
    return msgspec.structs.replace(database, redis_url=redis_url)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def stream(redis: Redis) -> Stream:
    return Stream(redis, maxlen=1_000_000)


@pytest.fixture
async def sequencer(database: Config) -> AsyncIterator[Any]:
    """A connection that may number events, as the relay's own does."""
    connection = await event_log.connect(database)
    yield connection
    await event_log.disconnect(connection)


@pytest.fixture
async def line(redis_url: str, tmp_path: Path) -> AsyncIterator[Line]:
    line = Line(redis_url, tmp_path)
    await line.join()
    yield line
    await line.cut()
