"""A receiver of webhooks, a process of its own: takes everything, and tells how fast it came.

`python -m bench.receiving <port>`. POST takes an event; GET answers with what came since the last
GET as JSON: count, nanoseconds of the first and the last, and milliseconds from each event's time
to its arrival.
"""

import asyncio
import sys
import time
from datetime import datetime

import msgspec

_TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


class Came(msgspec.Struct):
    """What came; `latencies` in milliseconds."""

    count: int = 0
    first: int = 0
    last: int = 0
    latencies: list[float] = []


class _Event(msgspec.Struct):
    time: datetime


_decoder = msgspec.json.Decoder(_Event)


class _Receiver(asyncio.Protocol):
    came = Came()

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self._transport.write(_TAKEN if body else self._told())
            if body:
                self._take(body)

    def _take(self, body: bytes) -> None:
        came, now = _Receiver.came, time.time()
        came.last = time.monotonic_ns()
        came.first = came.first or came.last
        came.count += 1
        came.latencies.append((now - _decoder.decode(body).time.timestamp()) * 1000)

    def _told(self) -> bytes:
        text, _Receiver.came = msgspec.json.encode(_Receiver.came), Came()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)


async def _main(port: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Receiver, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
