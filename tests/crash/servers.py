"""PostgreSQL and Valkey that can be killed, stopped and started again on the same data."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil

from volunteer_svc import embedded, folders, processes
from volunteer_svc.embedded import _Place
from volunteer_svc.processes import Child

_GONE_SECONDS = 20.0
DISK_MEBIBYTES = 768
"""The small disk of PostgreSQL, where one may be mounted."""


class Server:
    """A process that is kept running, as an init system would, unless it is held down."""

    def __init__(self, name: str, start: Callable[[], Child], end: signal.Signals) -> None:
        self.name = name
        self.is_held = False
        self._start = start
        self._end = end
        self._child: Child | None = None

    def keep_running(self) -> None:
        if not self.is_held and (self._child is None or self._child.poll() is not None):
            self._child = self._start()

    def family(self) -> list[psutil.Process]:
        """Its processes, the parent first."""
        if self._child is None or self._child.poll() is not None:
            return []
        return family(self._child.pid)

    def kill(self) -> None:
        """SIGKILL to all of it at once, as when a machine dies."""
        kill(self.family())
        if self._child is not None:
            self._child.wait(_GONE_SECONDS)

    def send(self, number: signal.Signals) -> None:
        """The signal to each of its processes."""
        for process in self.family():
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def stop(self) -> None:
        """End it in order and keep it down."""
        self.is_held = True
        self.send(signal.SIGCONT)  # a stopped process would not hear
        processes.stop([self._child] if self._child else [], self._end)


def family(pid: int) -> list[psutil.Process]:
    """A process and its descendants, the parent first so that it restarts none of them."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def kill(doomed: list[psutil.Process]) -> None:
    """SIGKILL; back when they are gone, or zombies that wait for their parent to look."""
    for process in doomed:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    processes.poll_until(lambda: not any(map(_runs, doomed)), _GONE_SECONDS)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Servers:
    """Both servers of a run, on a folder of their own."""

    def __init__(self, folder: Path, sockets: Path, lock: int, *, has_small_disk: bool) -> None:
        account = folders.server_account()
        # Each has a log folder of its own: PostgreSQL's lies on the small disk with its data.
        here = {
            name: _Place(folder / name, sockets, account, lock, durable=True)
            for name in ("postgres", "valkey")
        }
        for place in here.values():
            (place.data_dir / "log").mkdir(parents=True, exist_ok=True)
        self.disk = folder / "postgres" if has_small_disk else None
        self.database_url = f"postgresql://postgres@/volunteer?host={sockets}"
        self.redis_url = f"unix://{sockets}/valkey.sock"
        self.postgres = Server(
            "postgres", lambda: embedded._start_postgres(here["postgres"]), signal.SIGINT
        )
        self.valkey = Server(
            "valkey", lambda: embedded._start_valkey(here["valkey"]), signal.SIGTERM
        )
        self._sockets = sockets

    def are_ready(self) -> bool:
        """Both answer, and the database is there."""
        return embedded._create_database(self._sockets) and embedded._answers(
            self._sockets / "valkey.sock"
        )


@contextmanager
def servers(folder: Path, *, wants_small_disk: bool = False) -> Iterator[Servers]:
    """Both servers, started; call from the main thread."""
    account = folders.server_account()
    with ExitStack() as stack:
        if wants_small_disk:
            wants_small_disk = stack.enter_context(_mounted(folder / "postgres"))
        lock = stack.enter_context(folders.lock(folder))
        sockets = stack.enter_context(folders.sockets(folder, account))
        both = Servers(folder, sockets, lock, has_small_disk=wants_small_disk)
        for place in ("postgres", "valkey"):
            folders.let_pass(folder / place / "log", account)
        for server in (both.valkey, both.postgres):
            server.keep_running()
            stack.callback(server.stop)
        yield both


@contextmanager
def _mounted(folder: Path) -> Iterator[bool]:
    """A small tmpfs at `folder`; False where mounting is impossible."""
    folder.mkdir()
    mount = shutil.which("mount")
    options = f"size={DISK_MEBIBYTES}m,mode=755"
    done = os.getuid() == 0 and mount and subprocess.run(  # noqa: S603 - ours
        [mount, "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False
    )  # fmt: skip
    is_mounted = bool(done) and done.returncode == 0
    try:
        yield is_mounted
    finally:
        if is_mounted:
            # Lazily, should a process that is just ending still hold a file.
            subprocess.run([shutil.which("umount") or "umount", "-l", folder], check=True)  # noqa: S603 - ours


@contextmanager
def a_folder() -> Iterator[Path]:
    """A folder that the servers' account can reach, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="volunteer-crash-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
