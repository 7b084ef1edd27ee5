"""Many readers of the stream of server-sent events, a process of its own.

Reads a job from standard input and says when all readers have come; then reads a number and says
when each reader has had so many events.
"""

import asyncio
import sys
from collections.abc import Callable

import msgspec
import uvloop


class Job(msgspec.Struct):
    port: int
    key: str
    readers: int


class _Reader(asyncio.Protocol):
    def __init__(self, request: bytes) -> None:
        self._request = request
        self._rest = b""
        self.came = False
        self.events = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        self.came = self.came or b"retry:" in data
        self.events += data.count(b"\ndata: ")
        self._rest = data[-6:] if b"\ndata: " not in data[-7:] else b""


async def _main() -> None:
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    job = msgspec.json.decode(await lines.readline(), type=Job)
    request = (
        f"GET /v1/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {job.key}\r\n\r\n"
    ).encode()
    readers = [_Reader(request) for _ in range(job.readers)]
    for reader in readers:
        await loop.create_connection(lambda one=reader: one, "127.0.0.1", job.port)  # type: ignore[misc]
    await _until(lambda: all(reader.came for reader in readers))
    wanted = int(await lines.readline())
    await _until(lambda: all(reader.events >= wanted for reader in readers))
    await lines.read()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not holds():  # noqa: ASYNC110 - polled, so that readers stay as plain as they are
            await asyncio.sleep(0.01)
    print("done", flush=True)


if __name__ == "__main__":
    uvloop.run(_main())
