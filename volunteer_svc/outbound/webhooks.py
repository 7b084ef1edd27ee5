"""Posts one delivery: to addresses that were checked, within bounds, following nobody.

A name is resolved for every connection and refused when any of its addresses is not allowed; the
connection is made to the address that was checked, while TLS and Host keep the name.
"""

import asyncio
import ssl
import time
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from uuid import UUID

import anyio
import httpcore
import msgspec

from volunteer_svc.config import Config
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.webhook import Answer, Fault
from volunteer_svc.domain.webhook_url import target_of
from volunteer_svc.outbound.checked_network import (
    CONNECT_SECONDS,
    AddressRefusedError,
    CheckedNetwork,
    NameUnknownError,
    Resolve,
    resolve,
)

TOTAL_SECONDS = 15.0
ANSWER_BYTES_MAX = 16_384
_KEPT_SECONDS = 2.0
"""A connection is used again within this time: less than most servers keep theirs."""
_ENDPOINTS_MAX = 512
"""To so many connections are kept."""

_Own = tuple[UUID, str, str, int]
"""An endpoint and where it is: its connections are no other's, nor of its address before."""
_known_target = lru_cache(maxsize=_ENDPOINTS_MAX)(target_of)


class Reply(msgspec.Struct, frozen=True):
    """What came of it; `content` are the first bytes of the body."""

    answer: Answer
    content: bytes = b""


class Sender:
    """The HTTP client of a process, with connections kept by endpoint. Close it at the end."""

    def __init__(self, config: Config, resolve: Resolve = resolve) -> None:
        self._rules = config.webhook_rules
        self._backend = CheckedNetwork(self._rules, resolve)
        self._ssl = ssl.create_default_context()
        if config.webhook_ca_file:
            self._ssl.load_verify_locations(config.webhook_ca_file)
        # Not httpcore's pool: each request there looks at all others, many times.
        self._idle: OrderedDict[_Own, list[httpcore.AsyncHTTPConnection]] = OrderedDict()

    async def post(
        self, endpoint_id: UUID, url: str, headers: Mapping[str, str], body: bytes
    ) -> Reply:
        """Post the body once. Whatever goes wrong is in the answer."""
        started = time.monotonic()

        def spent() -> int:
            return round((time.monotonic() - started) * 1000)

        try:
            target = _known_target(url, self._rules)
        except Refusal:  # the rules have changed since it was registered
            return Reply(Answer(milliseconds=spent(), fault="address_refused"))
        sent = [(b"host", _host(target.host, target.port, target.scheme)),
                (b"content-type", b"application/cloudevents+json; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
                (b"user-agent", b"volunteer-svc"),
                *((name.encode(), value.encode()) for name, value in headers.items())]  # fmt: skip
        own = (endpoint_id, target.scheme, target.host, target.port)
        where = httpcore.URL(
            scheme=target.scheme, host=target.host, port=target.port, target=target.target
        )
        connection = await self._connection(own, where)
        got = _Got()
        fault: Fault | None = None
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                await _exchange(connection, where, sent, body, got)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's server brings about
            fault = _fault_of(error)
        finally:
            await self._keep(own, connection)
        # Once the status is there it holds, however the rest comes.
        answer = Answer(
            milliseconds=spent(),
            status=got.status,
            fault=None if got.status is not None else fault,
            retry_after=got.retry_after,
        )
        return Reply(answer, bytes(got.content))

    async def close(self) -> None:
        while self._idle:
            _, connections = self._idle.popitem()
            await _close(connections)

    async def _connection(self, own: _Own, target: httpcore.URL) -> httpcore.AsyncHTTPConnection:
        """One that is kept to this endpoint, or a new one, which connects when it is used."""
        idle = self._idle.get(own, [])
        while idle:
            connection = idle.pop()
            if connection.is_idle() and not connection.has_expired():
                return connection
            await _close([connection])
        return httpcore.AsyncHTTPConnection(
            origin=target.origin,
            ssl_context=self._ssl,
            keepalive_expiry=_KEPT_SECONDS,
            network_backend=self._backend,
        )

    async def _keep(self, own: _Own, connection: httpcore.AsyncHTTPConnection) -> None:
        if connection.is_closed() or not connection.is_idle():  # also: not read to its end
            await _close([connection])
            return
        self._idle.setdefault(own, []).append(connection)
        self._idle.move_to_end(own)
        if len(self._idle) > _ENDPOINTS_MAX:
            _, oldest = self._idle.popitem(last=False)
            await _close(oldest)


async def _close(connections: list[httpcore.AsyncHTTPConnection]) -> None:
    while connections:
        with suppress(Exception):  # it may have broken already, in whichever way
            await connections.pop().aclose()


class _Got:
    """What of an answer has come so far."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.retry_after: str | None = None
        self.content = bytearray()


async def _exchange(
    connection: httpcore.AsyncHTTPConnection,
    url: httpcore.URL,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    got: _Got,
) -> None:
    times = {"connect": CONNECT_SECONDS, "read": TOTAL_SECONDS, "write": TOTAL_SECONDS}
    async with connection.stream(
        b"POST", url, headers=headers, content=body, extensions={"timeout": times}
    ) as response:
        got.status = response.status
        for name, value in response.headers:
            if name.lower() == b"retry-after":
                got.retry_after = value[:64].decode(errors="replace")
        async for chunk in response.aiter_stream():
            got.content += chunk[: ANSWER_BYTES_MAX - len(got.content)]
            if len(got.content) >= ANSWER_BYTES_MAX:
                break  # leaving closes the connection: the rest is not read


def _host(host: str, port: int, scheme: str) -> bytes:
    name = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}[scheme]
    return (name if port == usual else f"{name}:{port}").encode()


_FAULTS: tuple[tuple[tuple[type[BaseException], ...], Fault], ...] = (
    ((AddressRefusedError,), "address_refused"),
    ((NameUnknownError,), "name_unknown"),
    ((httpcore.ConnectTimeout,), "connect_timeout"),
    ((TimeoutError, httpcore.TimeoutException), "timeout"),
    ((httpcore.ConnectError,), "connect_failed"),
    ((httpcore.NetworkError, OSError, anyio.BrokenResourceError), "connection_lost"),
)


def _fault_of(error: Exception) -> Fault:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls_failed"
        cause = cause.__cause__ or cause.__context__
    for kinds, fault in _FAULTS:
        if isinstance(error, kinds):
            return fault
    # httpcore says it with the words of the error alone.
    return "connection_lost" if "disconnected" in str(error) else "answer_malformed"
