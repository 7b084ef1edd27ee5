"""Keeps child processes running: restarts one that dies, stops all on a signal."""

import logging
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from volunteer_svc import processes
from volunteer_svc.processes import Child

RESTART_SECONDS_MIN = 0.2
RESTART_SECONDS_MAX = 5.0
_STEADY_SECONDS = 30.0
"""After running this long a child is trusted again: its next restart is a quick one."""
_POLL_SECONDS = 0.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_logger = logging.getLogger(__name__)


class Stopped(BaseException):
    """A signal asks this process to stop. Not an Exception: nothing on the way may swallow it."""


@contextmanager
def stop_signals() -> Iterator[None]:
    """Turn the first SIGINT, SIGTERM or SIGHUP into Stopped; further ones are ignored."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        for number in _SIGNALS:
            # A function, not SIG_IGN, which children would inherit.
            signal.signal(number, lambda *_: None)
        raise Stopped

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Supervised:
    """One command that is to run always."""

    def __init__(self, name: str, command: list[str], env: Mapping[str, str]) -> None:
        self.name = name
        self._command = command
        self._env = env
        self._child: Child | None = None
        self._started_at = 0.0
        self._restart_seconds = RESTART_SECONDS_MIN
        self._restart_at = 0.0

    def keep_running(self) -> None:
        """Start it, or start it again when it has died and its pause is over."""
        now = time.monotonic()
        if self._child is not None:
            code = self._child.poll()
            if code is None:
                return
            self._child = None
            if now - self._started_at > _STEADY_SECONDS:
                self._restart_seconds = RESTART_SECONDS_MIN
            self._restart_at = now + self._restart_seconds
            _logger.warning(
                "%s ended with %s; it starts again in %.1f s",
                self.name,
                code,
                self._restart_seconds,
            )
            self._restart_seconds = min(2 * self._restart_seconds, RESTART_SECONDS_MAX)
        if now >= self._restart_at:
            self._started_at = now
            self._child = processes.spawn(self._command, env=self._env)

    @property
    def children(self) -> list[Child]:
        return [self._child] if self._child else []


def supervise(
    commands: Mapping[str, list[str]],
    env: Mapping[str, str],
    *,
    each_round: Callable[[], None] = lambda: None,
) -> NoReturn:
    """Keep all commands running until Stopped, or what `each_round` raises, ends it."""
    supervised = [Supervised(name, command, env) for name, command in commands.items()]
    try:
        while True:
            for one in supervised:
                one.keep_running()
            each_round()
            time.sleep(_POLL_SECONDS)
    finally:
        processes.stop([child for one in supervised for child in one.children])
