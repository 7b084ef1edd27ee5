"""What all tests share: one PostgreSQL and one Valkey a run, a fresh database a test.

With pytest-xdist the controller starts the servers and tells the workers where they are.
"""

import asyncio
import gc
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from argon2 import PasswordHasher
from litestar import Litestar
from redis import Redis

from tests.builders import NOW, UNLIMITED, call, serving
from volunteer_svc import clock, embedded
from volunteer_svc.actions import keys
from volunteer_svc.api import rate_limit
from volunteer_svc.app import create_app
from volunteer_svc.config import Config
from volunteer_svc.identity import key_file as key_file_module
from volunteer_svc.identity import passwords, vault
from volunteer_svc.store import database as database_module
from volunteer_svc.store.migrate import migrate

_REDIS_DATABASES = 16
_TEMPLATE = "volunteer"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_SEQUENCES = """
SELECT sequencename, start_value FROM pg_sequences
WHERE schemaname = 'public' AND sequencename <> 'migration_id_seq'
"""
_OTHERS = """
SELECT count(*) AS there, count(*) FILTER (WHERE state = 'idle' AND NOT EXISTS
    (SELECT FROM pg_locks WHERE pg_locks.pid = other.pid)) AS idle
FROM pg_stat_activity AS other WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend'
"""
_END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
# Replicas fire no triggers and check no references.
_SETTINGS = "SET lock_timeout = '5s'; SET session_replication_role = replica"
_GOING_ROUNDS, _GOING_SECONDS = 10, 0.003
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


def pytest_collection_finish() -> None:
    """What is there before the first test stays: the search for garbage need not walk through it
    again and again, and litter of tests is taken out less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


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


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> None:
    """Passwords that tests set in this process are hashed with little work; servers that they
    start hash as ever."""
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=64)


@pytest.fixture(scope="session", autouse=True)
def patient_limits() -> None:
    """On a crowded machine Redis may take longer than a request waits for it, and a process that
    has given it up counts by itself: not in this one."""
    rate_limit._REDIS_SECONDS = 30.0


@pytest.fixture(scope="session")
def key_file() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="volunteer-test-") as folder:
        key_file_module.create(Path(folder) / "keys.json")
        yield Path(folder) / "keys.json"


class KeptPool:
    """The pool of this worker's tests, kept from one to the next: a new connection reads the whole
    catalogue before its first statements, which takes longer than most tests do."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._pool: asyncpg.Pool | None = None
        self._opened_for: object = None

    @property
    def size(self) -> int:
        return self._pool.get_size() if self._pool else 0

    async def open(self, config: Config) -> None:
        engine = database_module.ENGINE
        if self._pool is None:
            await self._stack.enter_async_context(database_module.pool(config))
            self._pool, self._opened_for = engine.pool, engine.opened_for
        database_module.configure(config)
        engine.pool, engine.opened_for = self._pool, self._opened_for

    async def put_aside(self) -> None:
        """A connection that is in use still has been forgotten: then none of them is kept."""
        if self._pool is not None and self._pool.get_idle_size() < self._pool.get_size():
            await self.close()
        database_module.ENGINE.pool = database_module.ENGINE.opened_for = None

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()
            await self._stack.aclose()
            self._pool = None


class OwnDatabase:
    """The database of this worker: cloned from the template, its first rows kept aside.

    The connection that cleans it stays open, in a loop of its own: a new one would have to read
    the whole catalogue first, before every test.
    """

    def __init__(self, template_url: str, key_file: Path) -> None:
        self._template_url = template_url
        self._key_file = key_file
        self._name = f"test_{os.getpid()}"
        self.url = self._of(self._name)
        self.pool = KeptPool()
        self._runner = asyncio.Runner()
        self._runner.run(self._clone())

    def clean(self) -> bool:
        """As the migrations leave it. False: whoever was connected no longer is."""
        try:
            return self._runner.run(self._clean(self.pool.size))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            # The last test has changed more than rows.
            self._connection.terminate()
            self._runner.run(self._clone())
            return False

    def close(self) -> None:
        self._runner.run(self._connection.close(timeout=5))
        self._runner.close()

    def _of(self, name: str) -> str:
        return self._template_url.replace(f"/{_TEMPLATE}?", f"/{name}?")

    async def _clone(self) -> None:
        admin = await asyncpg.connect(self._of("postgres"))
        await admin.execute(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {self._name} TEMPLATE {_TEMPLATE}")
        await admin.close()
        vault.load(self._key_file)
        async with database_module.pool(Config(database_url=self.url)):
            await keys.prove_ring(call())
        self._connection = await asyncpg.connect(self.url)
        await self._connection.execute(_SETTINGS)
        await self._keep()

    async def _keep(self) -> None:
        """What is in the tables now is what every test begins with."""
        own = self._connection
        tables = [row["tablename"] for row in await own.fetch(_TABLES)]
        one = "SELECT '{0}' AS name WHERE EXISTS (SELECT FROM {0})"
        self._others = await own.prepare(_OTHERS)
        self._filled = await own.prepare(" UNION ALL ".join(map(one.format, tables)))
        kept = [row["name"] for row in await self._filled.fetch()]
        await own.execute("CREATE SCHEMA seed")
        for name in kept:
            await own.execute(f"CREATE TABLE seed.{name} AS TABLE public.{name}")
        started = [
            f"SELECT setval('{name}', {start}, false)"
            for name, start in await own.fetch(_SEQUENCES)
        ]
        fill = [f"INSERT INTO {name} SELECT * FROM seed.{name}" for name in kept]
        self._fill = "; ".join([*fill, *started])

    async def _clean(self, kept: int) -> bool:
        own = self._connection
        # Who a test left connected may hold locks, and write; who has left takes a moment to go.
        for _ in range(_GOING_ROUNDS):
            there, idle = await self._others.fetchrow()
            if there <= kept:
                break
            await asyncio.sleep(_GOING_SECONDS)
        alone = there == idle == kept
        if not alone:
            await own.execute(_END_OTHERS)
        filled = [row["name"] for row in await self._filled.fetch()]
        await own.execute("; ".join([f"DELETE FROM {name}" for name in filled] + [self._fill]))
        return alone


@pytest.fixture(scope="session")
def own_database(urls: Urls, key_file: Path) -> Iterator[OwnDatabase]:
    own = OwnDatabase(urls.postgres, key_file)
    yield own
    own.close()


@pytest.fixture(scope="session")
def own_url(own_database: OwnDatabase) -> str:
    return own_database.url


@pytest.fixture
def clean_database(own_database: OwnDatabase) -> bool:
    """Apart from `database`: two loops do not run in one another."""
    return own_database.clean()


@pytest.fixture(scope="session")
async def kept_pool(own_database: OwnDatabase) -> AsyncIterator[KeptPool]:
    """Keeps the loop as well: from the first test that needs it on all tests share it."""
    yield own_database.pool
    await own_database.pool.close()


@pytest.fixture
async def database(
    clean_database: bool, kept_pool: KeptPool, own_url: str, key_file: Path
) -> AsyncIterator[Config]:
    """A database as the migrations leave it, with an open pool; the key ring is loaded."""
    vault.load(key_file)
    config = Config(database_url=own_url, key_file=key_file)
    if not clean_database:
        await kept_pool.close()
    await kept_pool.open(config)
    yield config
    # As at the end of a loop: nobody goes on.
    left = [one for one in asyncio.all_tasks() if "TestRunner." not in one.get_coro().__qualname__]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    await kept_pool.put_aside()


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
