"""Fixtures of the tests of the feed: the service on a real socket, and a reader's client."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import httpx
import msgspec
import pytest
import uvicorn
from litestar import Litestar
from redis.asyncio import Redis

from tests.builders import SignedIn, client_key
from tests.feed.world import Reader
from volunteer_svc.api.connection import Connection
from volunteer_svc.app import Server
from volunteer_svc.config import Config
from volunteer_svc.store import event_log


@pytest.fixture
def config(database: Config, redis_url: str) -> Config:
    return msgspec.structs.replace(database, redis_url=redis_url)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
async def sequencer(database: Config):
    connection = await event_log.connect(database)
    yield connection
    await event_log.disconnect(connection)


@asynccontextmanager
async def listening(app: Litestar, port: int = 0) -> AsyncIterator[str]:
    """The address of the application, served by uvicorn in this event loop."""
    with closing(socket.create_server(("127.0.0.1", port))) as listener:
        settings = uvicorn.Config(app, http=Connection, log_config=None, lifespan="on")
        server = Server(settings, app)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            assert not serving.done(), "it has not started"
            await asyncio.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@pytest.fixture
async def address(database: Config, redis_url: str, app_of_run: Litestar) -> AsyncIterator[str]:
    async with listening(app_of_run) as url:
        yield url


@pytest.fixture
async def key(database: Config) -> SignedIn:
    return await client_key("events:read")


@pytest.fixture
async def reader(address: str, key: SignedIn) -> AsyncIterator[Reader]:
    async with httpx.AsyncClient(base_url=address, headers=key.auth, timeout=30) as http:
        yield Reader(http)
