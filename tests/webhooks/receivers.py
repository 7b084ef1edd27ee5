"""Receivers of webhooks on this machine that behave as told, well or badly."""

import asyncio
import contextlib
import json
import socket
import ssl
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

_HANGS_SECONDS = 60


class Got(msgspec.Struct):
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict:
        return json.loads(self.body)


Behaviour = Callable[[Got], str]
ANSWERS = {
    "ok": b"HTTP/1.1 204 No Content\r\n\r\n",
    "500": b"HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\nsick",
    "410": b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n",
    "429": b"HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    "503": b"HTTP/1.1 503 Busy\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n",
    "rubbish": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\x00\xff\xfe",
    "garbage": b"\x16\x03\x01 this is no HTTP\r\n\r\n",
    "endless": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"x" * 200_000,
}


class Receiver:
    """Answers as `behave` says for each request; keeps what came, in order of arrival."""

    def __init__(self, behave: Behaviour = lambda _: "ok") -> None:
        self.behave = behave
        self.got: list[Got] = []
        self.taken: list[Got] = []
        """What was answered with 2xx."""
        self.connections = 0
        self.redirect_to = "http://127.0.0.1:1/"
        self.port = 0
        self.scheme = "http"
        self.host = "127.0.0.1"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}/hook?from=here"

    def ids(self) -> list[str]:
        return [one.id for one in self.got]

    def of(self, name: str) -> list[Got]:
        return [one for one in self.got if one.event["type"] == f"volunteer-svc.{name}.v1"]

    def assert_complete(self, events: list[dict]) -> None:
        """Every event was taken, duplicates had the same bytes, and the first deliveries of a
        subject came in order."""
        bodies: dict[str, bytes] = {}
        for one in self.got:
            assert bodies.setdefault(one.id, one.body) == one.body, "other bytes under one id"
        assert Counter({one.id for one in self.taken}) == Counter(one["id"] for one in events)
        seen: set[str] = set()
        last: dict[str, int] = {}
        for one in self.got:
            event = one.event
            if one.id in seen:
                continue
            seen.add(one.id)
            assert last.get(event["subject"], 0) < event["subjectversion"], "out of order"
            last[event["subject"]] = event["subjectversion"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._talk(reader, writer)
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
            while (got := await _request(reader)) is not None:
                self.got.append(got)
                how = self.behave(got)
                if how not in ANSWERS:
                    await self._misbehave(how, writer)
                    break
                if how == "ok" and "challenge" in got.event.get("data", {}):
                    writer.write(_echo(got.event["data"]["challenge"]))
                else:
                    writer.write(ANSWERS[how])
                if how in ("ok", "rubbish", "endless"):
                    self.taken.append(got)
                await writer.drain()
                if how in ("rubbish", "garbage", "endless"):
                    break

    async def _misbehave(self, how: str, writer: asyncio.StreamWriter) -> None:
        if how == "hang":
            await asyncio.sleep(_HANGS_SECONDS)
        elif how == "drip":
            for byte in ANSWERS["ok"] * 100:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(1)
        elif how == "redirect":
            writer.write(
                f"HTTP/1.1 307 There\r\nLocation: {self.redirect_to}\r\n"
                "Content-Length: 0\r\n\r\n".encode()
            )
            await writer.drain()
        elif how == "reset":
            plain = writer.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()


def at_first(how: str) -> Behaviour:
    """What holds a connection comes three times, everything else with every third event; the
    second time an event comes it is taken."""
    seen: list[str] = []

    def behave(got: Got) -> str:
        first = got.id not in seen
        seen.append(got.id)
        rare = how in ("hang", "drip")
        bad = len(seen) <= 3 if rare else int(got.id[-2:], 16) % 3 == 0
        return how if first and bad else "ok"

    return behave


async def _request(reader: asyncio.StreamReader) -> Got | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode().split("\r\n")
    headers = dict(_pair(line) for line in lines if line)
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Got(first.split(" ")[1], headers, body)


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.lower(), value.strip()


def _echo(challenge: str) -> bytes:
    content = json.dumps({"challenge": challenge}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content)


@asynccontextmanager
async def receiving(
    behave: Behaviour = lambda _: "ok",
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[Receiver]:
    receiver = Receiver(behave)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(receiver.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, host, port, ssl=tls, backlog=1024)
    receiver.port = server.sockets[0].getsockname()[1]
    receiver.host = host
    receiver.scheme = "https" if tls else "http"
    try:
        yield receiver
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)  # transports are closed in the loop's next turn
