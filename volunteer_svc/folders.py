"""The folders of the embedded servers: locked for one run, reachable by their account alone."""

import fcntl
import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from volunteer_svc.processes import Account, own_account, poll_until

SYSTEM_USER = "embedded_postgres"
"""Whom the servers run as when root starts them: PostgreSQL refuses to be root."""

_SOCKET_PATH_BYTES_MAX = 107
_SOCKET_NAME_LONGEST = ".s.PGSQL.5432"
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
_CRASHED_RUN_SECONDS = 20.0


class ServersError(Exception):
    """The embedded servers cannot run; the message says why and what helps."""


class FolderInUseError(ServersError):
    """Another run holds the data folder."""


@contextmanager
def lock(data_dir: Path) -> Iterator[int]:
    """Hold the data folder for this run; yields the lock's file descriptor.

    The servers inherit it: the folder is free only when the last of their processes is gone.
    """
    with (data_dir / "lock").open("a+b", buffering=0) as file:
        if not poll_until(lambda: _locked(file.fileno(), data_dir), _CRASHED_RUN_SECONDS):
            raise ServersError(f"servers of a run that crashed do not end in {data_dir}")
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        yield file.fileno()


def _locked(descriptor: int, data_dir: Path) -> bool:
    """True when the lock is ours, False while a dead run's servers still end."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = (data_dir / "lock").read_text()
        if holder and not Path("/proc", holder).exists() and Path("/proc/self").exists():
            return False
        raise FolderInUseError(
            f"another run (process {holder or 'unknown'}) is using {data_dir}: "
            "stop it first, or choose another folder with VOLUNTEER_DATA_DIR"
        ) from None
    return True


def server_account() -> Account:
    """Who runs the servers: ourselves, or for root a system user of their own."""
    if os.getuid() != 0:
        return own_account()
    with suppress(KeyError):
        return _system_account()
    command = ["useradd", "--system", "--no-create-home", "--user-group", SYSTEM_USER]
    try:
        made = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
        return _system_account()  # perhaps made by another run at the same moment
    except FileNotFoundError:
        raise ServersError(
            f"root needs a system user {SYSTEM_USER}, and useradd is missing"
        ) from None
    except KeyError:
        raise ServersError(f"cannot make the system user {SYSTEM_USER}: {made.stderr}") from None


def _system_account() -> Account:
    entry = pwd.getpwnam(SYSTEM_USER)
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def private(path: Path, account: Account) -> Path:
    """Make the folder if missing, for the account alone. Raises ServersError if another's."""
    try:
        path.mkdir(mode=0o700)
        os.chown(path, account.uid, account.gid)
    except FileExistsError:
        found = path.lstat()
        if found.st_uid != account.uid or not stat.S_ISDIR(found.st_mode):
            raise ServersError(
                f"{path} is not a folder of user {account.uid} but of {found.st_uid}: start as the "
                "user who made it, or choose another folder with VOLUNTEER_DATA_DIR"
            ) from None
        path.chmod(0o700)
    return path


@contextmanager
def sockets(data_dir: Path, account: Account) -> Iterator[Path]:
    """An empty private folder with a name short and plain enough for unix sockets and URLs."""
    path = sockets_of(data_dir)
    let_pass(path, account)
    private(path, account)
    for stale in path.iterdir():
        stale.unlink()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def sockets_of(data_dir: Path) -> Path:
    """Where the sockets of the servers on this (resolved) folder are, while they run."""
    path = data_dir / "sockets"
    longest = len(os.fsencode(path / _SOCKET_NAME_LONGEST))
    if longest > _SOCKET_PATH_BYTES_MAX or not _PLAIN_PATH.fullmatch(str(path)):
        digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
        path = Path(tempfile.gettempdir(), f"volunteer-{digest}")
    return path


def let_pass(path: Path, account: Account) -> None:
    """Let the account reach `path` through folders of root's that are closed to others."""
    if account != own_account():
        for folder in path.parents:
            _add_mode(folder, stat.S_IXOTH)


def let_run(path: Path, account: Account) -> None:
    """Let the account use the programs below `path`, whatever umask they were installed with."""
    if account == own_account():
        return
    let_pass(path, account)
    for folder, _, names in os.walk(path):
        _add_mode(Path(folder), stat.S_IROTH | stat.S_IXOTH)
        for name in names:
            file = Path(folder, name)
            runs = stat.S_IXOTH if file.stat().st_mode & stat.S_IXUSR else 0
            _add_mode(file, stat.S_IROTH | runs)


def _add_mode(path: Path, bits: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode | bits != mode:
        path.chmod(mode | bits)
