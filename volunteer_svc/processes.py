"""Child processes that never outlive this one, and their orderly end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO

import msgspec

STOP_SECONDS = 10.0
"""How long a child may take to stop before it is killed."""

_LAUNCH = Path(__file__).with_name("launch.py")
_POLL_SECONDS = 0.05

Child = subprocess.Popen[bytes]


class Account(msgspec.Struct, frozen=True):
    """The system user that a child runs as."""

    uid: int
    gid: int


def own_account() -> Account:
    return Account(uid=os.getuid(), gid=os.getgid())


def spawn(
    command: Iterable[str | Path],
    *,
    env: Mapping[str, str],
    account: Account | None = None,
    output: IO[bytes] | None = None,
    dies_with: signal.Signals = signal.SIGKILL,
    keep_open: Iterable[int] = (),
) -> Child:
    """Start `command` in a session of its own, so that Ctrl-C reaches it through us only.

    On Linux the kernel sends it `dies_with` when the calling thread ends, however that happens:
    call from the main thread. `keep_open` are file descriptors that the child inherits.
    """
    account = account or own_account()
    identity = (os.getpid(), dies_with.value, account.uid, account.gid)
    return subprocess.Popen(  # noqa: S603 - the commands are ours
        [sys.executable, "-IS", str(_LAUNCH), *map(str, identity), *map(str, command)],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output and subprocess.STDOUT,
        start_new_session=True,
        pass_fds=tuple(keep_open),
    )


def stop(
    children: Iterable[Child],
    number: signal.Signals = signal.SIGTERM,
    seconds: float = STOP_SECONDS,
) -> None:
    """Ask all to end with the signal `number`; kill those that have not after `seconds`."""
    running = [child for child in children if child.poll() is None]
    for child in running:
        child.send_signal(number)
    poll_until(lambda: all(child.poll() is not None for child in running), seconds)
    for child in running:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def poll_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until `condition` holds. False when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
