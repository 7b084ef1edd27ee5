"""The services under the project's own supervision: `python -m volunteer_svc run`."""

import asyncio
import signal
import socket
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec
import psutil

from tests.crash import servers
from volunteer_svc import processes
from volunteer_svc.config import Config, environment
from volunteer_svc.processes import Child

ROOT = Path(__file__).parents[2]
_READY_SECONDS = 60.0
_POLL_SECONDS = 0.05
_LOG_TAIL_BYTES = 4000


class ServiceError(Exception):
    """The supervised services are not as they should be; the message holds the end of the log."""


class Service:
    """One `run` and its children `serve`, `relay` and `work`, found by their command lines."""

    def __init__(self, config: Config, log: Path) -> None:
        self.config = config
        self._log = log
        self._child: Child | None = None
        self._extra: list[Child] = []

    @property
    def url(self) -> str:
        return f"http://{self.config.host}:{self.config.port}"

    async def start(self, **settings: str) -> None:
        """Start everything; `settings` are further environment variables. Back when ready."""
        self._child = self._spawn("run", **settings)
        try:
            async with asyncio.timeout(_READY_SECONDS):
                while not await is_ready(self.url):
                    self.check()
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise ServiceError(f"not ready: {self.log_tail()}") from None

    def check(self) -> None:
        """Raises when the supervisor itself has ended: nothing the tests do may end it."""
        if self._child is None or self._child.poll() is not None:
            raise ServiceError(f"the run has ended: {self.log_tail()}")

    def process(self, name: str) -> psutil.Process | None:
        """The running child of that name; None while it is dead and not yet restarted."""
        assert self._child is not None
        for process in servers.family(self._child.pid)[1:]:
            try:
                if process.cmdline()[-1:] == [name] and process.status() != psutil.STATUS_ZOMBIE:
                    return process
            except psutil.NoSuchProcess:
                continue
        return None

    def also(self, name: str) -> Child:
        """One more process of the kind, beside the supervised one."""
        self._extra.append(self._spawn(name))
        return self._extra[-1]

    def stop(self) -> None:
        """All of it, in order; nothing is left."""
        if self._child is not None:
            for process in servers.family(self._child.pid):
                process.send_signal(signal.SIGCONT)
        processes.stop([*self._extra, *([self._child] if self._child else [])], seconds=20)
        self._extra.clear()

    def errors(self) -> Counter[str]:
        """What the services logged as errors: bugs, by their own judgement."""
        found: Counter[str] = Counter()
        for line in self._log.read_bytes().splitlines():
            with suppress(msgspec.DecodeError):
                said = msgspec.json.decode(line)
                if said.get("level") == "error":
                    found[f"{said['message'][:80]} {said.get('error', '')}"] += 1
        return found

    def log_tail(self) -> str:
        return self._log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace")

    def _spawn(self, name: str, **settings: str) -> Child:
        with self._log.open("ab") as output:
            return processes.spawn(
                [sys.executable, "-m", "volunteer_svc", name],
                env={**environment(self.config), "PYTHONPATH": str(ROOT), **settings},
                output=output,
            )


async def is_ready(url: str) -> bool:
    """Whether the web process at `url` says that it can serve."""
    try:
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{url}/health/ready")
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
