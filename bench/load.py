"""The load generator, a process of its own: keep-alive connections that each wait for an answer.

It reads a job from standard input and writes what came of it to standard output; both are JSON.
"""

import asyncio
import sys
import time
from itertools import islice
from typing import Any

import msgspec
import uvloop

from bench.entries import Spread, sheets

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_OK = b"HTTP/1.1 200"
_COUNTED = b'"outcome":"counted"'


class Job(msgspec.Struct, kw_only=True):
    """Send sheets of `size` entries, at most `requests_max`, as fast as they are answered."""

    port: int
    tokens: list[str]
    connections: int
    size: int
    warm_seconds: float
    seconds: float
    requests_max: int
    spread: Spread
    once: bool = False
    """Each request has an Idempotency-Key of its own."""


class Result(msgspec.Struct, kw_only=True):
    """`rate`: entries accepted per second after the warm-up; latencies in milliseconds."""

    rate: float
    requests: int
    p50: float
    p99: float
    failure: str = ""


class Client(asyncio.Protocol):
    """One connection: sends the next request as soon as the last one is answered."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._buffer = b""
        self._missing = -1
        self._sent = 0.0
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def send(self) -> None:
        request = self._run.next_request()
        if request is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._missing < 0:
            head_end = self._buffer.find(_END)
            if head_end < 0:
                return
            start = self._buffer.find(_LENGTH) + len(_LENGTH)
            length = int(self._buffer[start : self._buffer.find(b"\r", start)])
            self._missing = head_end + len(_END) + length
        if len(self._buffer) >= self._missing:
            answer, self._buffer, self._missing = self._buffer, b"", -1
            self._run.answered(answer, time.perf_counter() - self._sent)
            self.send()

    def connection_lost(self, _: Exception | None) -> None:
        self._run.closed()


class Run:
    """All connections of a job and what they count."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._requests = iter(_requests(job))
        self._open = job.connections
        self._taken = 0
        self._accepted = 0
        self._latencies: list[float] = []
        self._failure = ""
        self._begin = self._end = self._last = 0.0
        self._done = asyncio.Event()

    async def go(self) -> Result:
        loop = asyncio.get_running_loop()
        clients = []
        for _ in range(self._job.connections):
            _, client = await loop.create_connection(
                lambda: Client(self), "127.0.0.1", self._job.port
            )
            clients.append(client)
        self._begin = time.perf_counter() + self._job.warm_seconds
        self._end = self._begin + self._job.seconds
        for client in clients:
            client.send()
        await self._done.wait()
        latencies = sorted(self._latencies) or [0.0]
        exhausted = self._taken == self._job.requests_max
        elapsed = self._last - self._begin if exhausted else self._job.seconds
        return Result(
            rate=self._accepted / max(elapsed, 0.001),
            requests=self._taken,
            p50=1000 * latencies[len(latencies) // 2],
            p99=1000 * latencies[len(latencies) * 99 // 100],
            failure=self._failure,
        )

    def next_request(self) -> bytes | None:
        if self._failure or time.perf_counter() > self._end:
            return None
        request = next(self._requests, None)
        self._taken += request is not None
        return request

    def answered(self, answer: bytes, seconds: float) -> None:
        counted = answer.count(_COUNTED)
        if not answer.startswith(_OK) or counted != self._job.size:
            self._failure = answer[:2_000].decode(errors="replace")
        now = time.perf_counter()
        if self._begin <= now <= self._end:
            self._accepted += counted
            self._latencies.append(seconds)
            self._last = now

    def closed(self) -> None:
        self._open -= 1
        if self._open == 0:
            self._done.set()


def _requests(job: Job) -> list[bytes]:
    heads = [
        f"POST /v1/service-records HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
        for token in job.tokens
    ]
    made = sheets(job.spread.next, job.spread.today, job.size)
    return [
        f"{heads[station]}{len(body)}\r\n{_key(job, number)}\r\n".encode() + body
        for number, (station, body) in enumerate(islice(made, job.requests_max), job.spread.next)
    ]


def _key(job: Job, number: int) -> str:
    return f"Idempotency-Key: bench-{number}\r\n" if job.once else ""


async def _main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.json.encode(await Run(job).go()))


if __name__ == "__main__":
    uvloop.run(_main())
