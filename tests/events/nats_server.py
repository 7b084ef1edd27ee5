"""A real NATS server with JetStream, which tests kill and start again."""

import signal
import socket
import sys
from pathlib import Path

from volunteer_svc import processes

_PROGRAM = Path(sys.executable).with_name("nats-server")
_START_SECONDS = 20


class NatsServer:
    """Its messages are in `folder`, whatever happens to the process."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"nats://127.0.0.1:{self._port}"
        self._folder = folder
        self._child: processes.Child | None = None

    def start(self) -> None:
        options = ("-js", "-a", "127.0.0.1", "-p", str(self._port), "-sd", str(self._folder))
        self._child = processes.spawn([_PROGRAM, *options], env={"PATH": "/usr/bin:/bin"})
        assert processes.poll_until(self._answers, _START_SECONDS)

    def kill(self) -> None:
        assert self._child
        processes.stop([self._child], signal.SIGKILL)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=1) as line:
                return line.recv(4) == b"INFO"
        except OSError:
            return False
