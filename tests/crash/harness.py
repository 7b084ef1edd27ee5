"""Everything of a run together: servers, services, clients, a reader, the control."""

import asyncio
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import psutil
from redis.asyncio import Redis

from tests.builders import UNLIMITED
from tests.crash import control, reader, servers, service
from tests.crash.check import Verdict, verdict
from tests.crash.clients import Clients
from tests.crash.control import Control
from tests.crash.servers import Server
from tests.crash.service import Service
from tests.crash.world import World, a_world
from tests.events.world import volunteers
from tests.webhooks.certificates import Authority, authority
from volunteer_svc import processes
from volunteer_svc.config import Config
from volunteer_svc.identity import vault
from volunteer_svc.outbound import redis_stream
from volunteer_svc.store import database

BACK_SECONDS_MAX = 10.0
_START_SECONDS = 60.0
_QUIET_SECONDS = 60.0
_KEEP_SECONDS = 0.05
_SLOW = 3
_HOOKS = 9
_LOST = (*database.LOST, TimeoutError)


class Harness:
    """A run; made by `harness()`."""

    def __init__(self, both: servers.Servers, own: Service, folder: Path) -> None:
        self.servers = both
        self.service = own
        self.file = folder / "reader.db"
        self.reader = Server("reader", self._start_reader, signal.SIGKILL)
        self.control = Control()
        self.kills = 0
        self.told: Counter[str] = Counter()
        """What was wrong and has been told."""
        self._errors = folder / "reader.log"

    clients: Clients
    world: World
    slow: list[UUID]
    """Volunteers whose changes are committed late, for the control."""
    keeping: asyncio.Task[None]
    hook_ports: list[int]
    """Where receivers of webhooks may listen."""
    authority: Authority
    """Signs what receivers with TLS present."""

    @asynccontextmanager
    async def load(self, clients: int, *, pace_seconds: float = 0.0) -> AsyncIterator[None]:
        """Clients at work and commits that race, for the length of the context."""
        async with (
            self.control.beside(self.service.config, self.slow),
            self.clients.logging(clients, pace_seconds=pace_seconds),
        ):
            yield

    def say(self, *parts: object) -> None:
        sys.stdout.write(" ".join(["crash:", *map(str, parts)]) + "\n")
        sys.stdout.flush()

    async def kill(self, name: str) -> None:
        """SIGKILL to a server, the reader, a supervised process, or one of PostgreSQL's own."""
        self.kills += 1
        if name in self.kept:
            self.kept[name].kill()
        elif name == "backend":
            await self._kill_backend()
        else:
            servers.kill([await self.supervised(name)])

    @property
    def kept(self) -> dict[str, Server]:
        """What the harness itself keeps running."""
        return {one.name: one for one in (self.servers.postgres, self.servers.valkey, self.reader)}

    async def supervised(self, name: str) -> psutil.Process:
        """The running process `serve`, `relay` or `work`."""
        found = None

        async def runs() -> bool:
            nonlocal found
            self.service.check()
            found = self.service.process(name)
            return found is not None

        await until(runs, BACK_SECONDS_MAX, f"{name} runs again")
        assert found is not None
        return found

    async def _kill_backend(self) -> None:
        """One of PostgreSQL's sessions: it then ends all the others and recovers by itself."""
        sessions = []

        async def has_session() -> bool:
            family = self.servers.postgres.family()[1:]
            sessions[:] = [one for one in family if "volunteer" in " ".join(one.cmdline())]
            return bool(sessions)

        await until(has_session, _START_SECONDS, "PostgreSQL has sessions")
        servers.kill(sessions[:1])

    async def back(self) -> float:
        """Seconds until an entry is acknowledged and has taken effect at the reader.

        Raises when it takes longer than BACK_SECONDS_MAX.
        """
        started = time.monotonic()
        async with asyncio.timeout(self.patience):
            record_id = await self.clients.one()
            answered = time.monotonic() - started
            with closing(reader.connect(self.file)) as own:
                query = "SELECT 1 FROM seen WHERE record_id = ?"
                while not own.execute(query, (record_id,)).fetchone():
                    self._check()
                    await asyncio.sleep(0.01)
        seconds = time.monotonic() - started
        if seconds > BACK_SECONDS_MAX:
            self.clients.wrong[f"back after {seconds:.1f} s ({answered:.1f} s over HTTP)"] += 1
        return seconds

    patience = 60.0
    """How long `back` waits at all, to be able to say how late it was."""

    async def verdict(self) -> Verdict:
        """Wait until everything has arrived everywhere, then compare."""
        connection = await self.connect()
        try:
            async with Redis.from_url(self.servers.redis_url) as redis:
                try:
                    await until(lambda: self._is_quiet(connection, redis), _QUIET_SECONDS, "quiet")
                except TimeoutError:
                    self.clients.wrong[f"not everything arrives: {self.service.log_tail()}"] += 1
                return await verdict(connection, redis, self.file, self.clients)
        finally:
            await connection.close()

    async def control_lost(self) -> int:
        connection = await self.connect()
        try:
            return await self.control.lost(connection)
        finally:
            await connection.close()

    async def connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(self.servers.database_url)

    async def _is_quiet(self, connection: asyncpg.Connection, redis: Redis) -> bool:
        self._check()
        if await connection.fetchval("SELECT count(*) FROM outbox"):
            return False
        head = await connection.fetchval("SELECT last_seq FROM event_head")
        if (await redis_stream.Stream(redis, 1).position()).sequence != head:
            return False
        with closing(reader.connect(self.file)) as own:
            return reader.position(own)[1] == head

    def _check(self) -> None:
        self.service.check()
        if self.keeping.done():
            self.keeping.result()
        if b"Traceback" in self._errors.read_bytes():
            raise AssertionError(self._errors.read_text())

    async def keep(self) -> None:
        """Start again whatever of the harness's own has died and is not held down."""
        while True:
            for one in self.kept.values():
                one.keep_running()
            await asyncio.sleep(_KEEP_SECONDS)

    def _start_reader(self) -> processes.Child:
        with self._errors.open("ab") as output:
            return processes.spawn(
                [sys.executable, "-m", "tests.crash.reader", self.servers.redis_url, self.file],
                env={"PYTHONPATH": str(service.ROOT)},
                output=output,
            )


async def until(condition: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
    """Wait for the condition; TimeoutError that names it."""
    try:
        async with asyncio.timeout(seconds):
            while not await condition():  # noqa: ASYNC110 - other processes decide
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise TimeoutError(f"not in {seconds} s: {what}") from None


@contextmanager
def _lost_connects_are_nobodys() -> Iterator[None]:
    """asyncpg's pools connect anew in the background: what a kill cuts off nobody awaits, and the
    runner of the tests would take it for a failure."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if isinstance(context.get("exception"), database.LOST):
            return
        if before is not None:
            before(loop, context)
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(handle)
    try:
        yield
    finally:
        loop.set_exception_handler(before)


@asynccontextmanager
async def harness(*, minutes: int, wants_small_disk: bool = False) -> AsyncIterator[Harness]:
    """A run with its services ready and its world made. Leaves no process behind.

    `minutes` are those of each entry. Runs in the main thread.
    """
    with ExitStack() as stack:
        stack.enter_context(_lost_connects_are_nobodys())
        folder = stack.enter_context(servers.a_folder())
        both = stack.enter_context(servers.servers(folder, wants_small_disk=wants_small_disk))
        hook_ports = [service.free_port() for _ in range(_HOOKS)]
        own_authority = authority(folder)
        config = Config(
            database_url=both.database_url,
            redis_url=both.redis_url,
            data_dir=folder,
            key_file=folder / "keys.json",
            port=service.free_port(),
            webhook_networks=("127.0.0.0/8",),
            webhook_ports=tuple(map(str, hook_ports)),
            webhook_http=True,
            webhook_ca_file=str(own_authority.file),
            **UNLIMITED,
        )
        own = Service(config, folder / "service.log")
        run = Harness(both, own, folder)
        run.hook_ports = hook_ports
        run.authority = own_authority
        stack.callback(run.reader.stop)
        stack.callback(own.stop)

        async def ready() -> bool:
            return both.are_ready()

        await until(ready, _START_SECONDS, "both servers answer")
        await own.start()
        vault.load(config.key_file)
        async with database.pool(config):
            run.world = await a_world(minutes)
            run.slow = await volunteers(_SLOW)
        run.clients = Clients(own.url, run.world)
        connection = await run.connect()
        if both.disk is not None:
            # Otherwise the log of changes alone would outgrow the small disk.
            await connection.execute("ALTER SYSTEM SET max_wal_size = '96MB'")
            await connection.execute("SELECT pg_reload_conf()")
        await control.prepare(connection)
        await connection.close()
        run.reader.keep_running()
        run.keeping = asyncio.create_task(run.keep())
        try:
            yield run
        finally:
            run.keeping.cancel()
            await asyncio.gather(run.keeping, return_exceptions=True)
