"""What every figure stands on: own servers, a filled database, and processes on it."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec

from bench import filling
from bench.entries import Spread
from volunteer_svc import clock, embedded, processes
from volunteer_svc.config import Config, environment
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.identity import key_file, vault
from volunteer_svc.processes import Child
from volunteer_svc.store.migrate import migrate

READY_SECONDS = 30.0
_UNLIMITED = 1_000_000_000
"""Requests a minute: a load is not people's work."""
ROOT = Path(__file__).parents[1]


class Ground(msgspec.Struct):
    """A county with 50 000 active volunteers, and where its servers are."""

    folder: Path
    config: Config
    today: date
    tokens: list[str]
    """A social worker's of each station."""
    spread: Spread

    def command_env(self) -> dict[str, str]:
        """For child processes of the service and of the bench."""
        return environment(self.config) | {"PYTHONPATH": str(ROOT)}


@contextmanager
def ground() -> Iterator[Ground]:
    """Fills a folder first, or copies the one that BENCH_KEEP names; a missing one is made."""
    folder = Path(tempfile.mkdtemp(prefix="volunteer-bench-"))
    kept = os.environ.get("BENCH_KEEP")
    try:
        if kept and Path(kept).exists():
            _copy(Path(kept), folder)
        else:
            say("filling: 50 000 volunteers, 1 000 000 records")
            _fill(folder)
            if kept:
                _copy(folder, Path(kept))
        with _servers(folder) as config:
            asyncio.run(migrate(config))
            os.sync()  # else the first rounds wait for what filling or copying left to write
            tokens = msgspec.json.decode((folder / "tokens.json").read_bytes(), type=list[str])
            today = local_date(clock.now())
            yield Ground(folder, config, today, tokens, Spread(today))
    finally:
        shutil.rmtree(folder)


def _fill(folder: Path) -> None:
    key_file.create(folder / "keys.json")
    vault.load(folder / "keys.json")
    with _servers(folder) as config:
        asyncio.run(migrate(config))
        tokens = asyncio.run(filling.fill(config.database_url, local_date(clock.now())))
    (folder / "tokens.json").write_bytes(msgspec.json.encode(tokens))


def _copy(source: Path, target: Path) -> None:
    """With owners: PostgreSQL demands its own."""
    subprocess.run(["cp", "-a", f"{source}/.", str(target)], check=True)  # noqa: S607 - any cp


@contextmanager
def _servers(folder: Path) -> Iterator[Config]:
    with embedded.servers(folder / "data", durable=True) as servers:
        yield Config(
            database_url=servers.database_url,
            redis_url=servers.redis_url,
            data_dir=folder / "data",
            key_file=folder / "keys.json",
            port=free_port(),
            requests_per_minute=_UNLIMITED,
            account_requests_per_minute=_UNLIMITED,
        )


@contextmanager
def process(ground: Ground, name: str, *arguments: str, **env: str) -> Iterator[Child]:
    """`python <arguments>` for the length of the context; what it says goes to a file."""
    with (ground.folder / f"{name}.log").open("wb") as log:
        child = processes.spawn(
            [sys.executable, *arguments], env=ground.command_env() | env, output=log
        )
        try:
            yield child
        finally:
            processes.stop([child])


def wait_until_listening(port: int, child: Child) -> None:
    """Raises RuntimeError when the process has ended, or takes too long."""

    def listening() -> bool:
        if child.poll() is not None:
            raise RuntimeError(f"the process ended with {child.returncode}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    if not processes.poll_until(listening, READY_SECONDS):
        raise RuntimeError("the process does not listen")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory_mb(child: Child) -> float:
    """Resident memory of a process now."""
    pages = Path(f"/proc/{child.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
