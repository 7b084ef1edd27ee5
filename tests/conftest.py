"""What all tests share: one PostgreSQL and one Valkey a run, a fresh database a test.

With pytest-xdist the controller starts the servers and tells the workers where they are.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar
from redis import Redis

from tests.builders import NOW, UNLIMITED, call, serving
from volunteer_svc import clock, embedded
from volunteer_svc.actions import keys
from volunteer_svc.app import create_app
from volunteer_svc.config import Config
from volunteer_svc.identity import key_file as key_file_module
from volunteer_svc.identity import vault
from volunteer_svc.store import database as database_module
from volunteer_svc.store.migrate import migrate

_REDIS_DATABASES = 16
_TEMPLATE = "volunteer"
_KEEP = """
CREATE SCHEMA seed;
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE seed.%I AS TABLE public.%I', one.name, one.name);
    END LOOP;
END $$
"""
# Who a test left connected may hold locks; replicas fire no triggers and check no references.
_RESET = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
SET lock_timeout = '5s';
DO $$ DECLARE one record; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM public.%I', one.name);
    END LOOP;
    FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'seed' LOOP
        EXECUTE format('INSERT INTO public.%I SELECT * FROM seed.%I', one.name, one.name);
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename), start_value, false)
        FROM pg_sequences WHERE schemaname = 'public' AND sequencename <> 'migration_id_seq';
END $$
"""
_servers = ExitStack()


class Urls(msgspec.Struct):
    """Where the servers are; the database of `postgres` is the migrated template."""

    postgres: str
    redis: str


@contextmanager
def started() -> Iterator[Urls]:
    # Not pytest's own temporary folders: the servers' account may not enter those.
    folder = Path(tempfile.mkdtemp(prefix="volunteer-test-"))
    try:
        with embedded.servers(folder / "data", durable=False) as servers:
            asyncio.run(migrate(Config(database_url=servers.database_url)))
            yield Urls(servers.database_url, servers.redis_url)
    finally:
        shutil.rmtree(folder)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """In the controller of pytest-xdist, before each worker starts."""
    if not hasattr(node.config, "urls"):
        node.config.urls = _servers.enter_context(started())
    node.workerinput["urls"] = msgspec.to_builtins(node.config.urls)


def pytest_unconfigure() -> None:
    _servers.close()


@pytest.fixture(scope="session")
def urls(request: pytest.FixtureRequest) -> Urls:
    """The servers of the run; without workers they start when the first test needs them."""
    told = getattr(request.config, "workerinput", {}).get("urls")
    return msgspec.convert(told, Urls) if told else _servers.enter_context(started())


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def key_file() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="volunteer-test-") as folder:
        key_file_module.create(Path(folder) / "keys.json")
        yield Path(folder) / "keys.json"


@pytest.fixture(scope="session")
def own_url(urls: Urls) -> str:
    """The database of this worker, cloned from the template with its first rows kept aside."""
    name = f"test_{os.getpid()}"
    asyncio.run(_clone(urls.postgres, name))
    return urls.postgres.replace(f"/{_TEMPLATE}?", f"/{name}?")


@pytest.fixture
async def database(urls: Urls, own_url: str, key_file: Path) -> AsyncIterator[Config]:
    """A database as the migrations leave it, with an open pool; the key ring is loaded."""
    try:
        await _reset(own_url)
    except asyncpg.PostgresError:  # the last test has changed more than rows
        await _clone(urls.postgres, f"test_{os.getpid()}")
    vault.load(key_file)
    config = Config(database_url=own_url, key_file=key_file)
    async with database_module.pool(config):
        await keys.prove_ring(call())
        yield config


async def _clone(template_url: str, name: str) -> None:
    admin = await asyncpg.connect(template_url.replace(f"/{_TEMPLATE}?", "/postgres?"))
    await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    await admin.close()
    own = await asyncpg.connect(template_url.replace(f"/{_TEMPLATE}?", f"/{name}?"))
    await own.execute(_KEEP)
    await own.close()


async def _reset(url: str) -> None:
    """About 5 ms, where cloning anew takes ten times as long and more on a busy machine."""
    own = await asyncpg.connect(url)
    try:
        await own.execute(_RESET)
    finally:
        await own.close()


@pytest.fixture(scope="session")
def own_redis(urls: Urls) -> str:
    """The database of Valkey that is this worker's own."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    assert number < _REDIS_DATABASES, "Valkey has a database for 16 workers"
    return f"{urls.redis}?db={number}"


@pytest.fixture
def redis_url(own_redis: str) -> str:
    """An empty database of Valkey."""
    with Redis.from_url(own_redis) as redis:
        redis.flushdb()
    return own_redis


@pytest.fixture
def pinned_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's clock starts at `builders.NOW`."""
    monkeypatch.setattr(clock, "_shift", clock._shift)
    clock.start_at(NOW)


@pytest.fixture(scope="session")
def app_of_run(own_url: str, key_file: Path, own_redis: str) -> Litestar:
    """Building the routes takes longer than most tests do. Its rate limits are out of the way."""
    config = Config(
        database_url=own_url,
        redis_url=own_redis,
        key_file=key_file,
        data_dir=key_file.parent,
        trusted_proxies=("127.0.0.1",),  # httpx's own transport says it calls from there
        **UNLIMITED,
    )
    return create_app(config)


@pytest.fixture
async def client(
    database: Config,
    redis_url: str,
    pinned_clock: None,
    app_of_run: Litestar,
) -> AsyncIterator[httpx.AsyncClient]:
    """The API in this event loop: Litestar's own test client runs it in another one."""
    async with serving(app_of_run) as http:
        yield http
