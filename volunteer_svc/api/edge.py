"""Around every request, also one that no route takes: host, id, patience, headers, log, metrics.

Plain ASGI and outside of Litestar: Litestar's own hooks do not run for errors.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from volunteer_svc import ids, log
from volunteer_svc.api.metrics import UNMATCHED, Metrics
from volunteer_svc.api.problems import EdgeRefusal, refused
from volunteer_svc.api.proxies import Proxies
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import Fault
from volunteer_svc.i18n import Language, language_of

BODY_SECONDS = 30.0
"""How long a body may take, plus one second for each `BODY_BYTES_PER_SECOND` that came."""
BODY_BYTES_PER_SECOND = 64 * 1024

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"content-security-policy": b"default-src 'none'; base-uri 'none'; form-action 'none';"
    b" frame-ancestors 'none'",
    b"permissions-policy": b"camera=(), display-capture=(), geolocation=(), microphone=(),"
    b" payment=(), usb=()",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-embedder-policy": b"require-corp",
    b"cross-origin-resource-policy": b"same-origin",
}
"""On every answer that says nothing else itself: nothing runs, frames, sniffs or is told on."""
_DISGUISED = re.compile(rb"//|\\|%2f|%5c", re.IGNORECASE)
_NOT_KEPT = (b"cache-control", b"no-store")
# What the ASGI specification calls these; Litestar's own types differ per kind of message.
Message = Any
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]
Refused = Callable[[int, Fault, Language, Any], Iterable[Message]]
"""Writes an answer that no route gives: status, fault, language and the request's scope."""

_logger = logging.getLogger("volunteer_svc.access")


class Edge:
    """Wraps the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        config: Config,
        proxies: Proxies,
        refused: Refused = refused,
    ) -> None:
        self._app = app
        self._refused = refused
        self._metrics = metrics
        self._proxies = proxies
        self._hosts = frozenset(host.encode() for host in config.allowed_hosts)
        hsts = {b"strict-transport-security": b"max-age=%d" % config.hsts_seconds}
        self._always = tuple((_ALWAYS | (hsts if config.hsts_seconds else {})).items())

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        believed = self._proxies.is_trusted(scope) and _REQUEST_ID.fullmatch(given)
        request_id = given.decode() if believed else str(ids.uuid7())
        ours = [*self._always, (b"x-request-id", request_id.encode())]
        if scope["path"].startswith("/v1"):
            ours.append(_NOT_KEPT)
        language = language_of(headers.get(b"accept-language", b"").decode("latin-1"))
        status = 500
        answered = False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, answered
            answered = True
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_ours(message["headers"], ours, language)
            await send(message)

        restore = log.request_id.set(request_id)
        started = time.perf_counter()
        try:
            refusal = self._refusal(scope, headers)
            if refusal is None:
                await self._app(scope, patient(receive), send_with_headers)
            else:
                for message in self._refused(*refusal, language, scope):
                    await send_with_headers(message)
        except asyncio.CancelledError:
            # The process ends and waits no longer; uvicorn alone would say 500 in plain text.
            if not answered:
                for message in self._refused(503, Fault("busy"), language, scope):
                    await send_with_headers(message)
            raise
        finally:
            seconds = time.perf_counter() - started
            route = str(scope.get("path_template") or UNMATCHED)
            self._metrics.observe(scope["method"], route, status, seconds)
            _logger.info(
                "request",
                extra={
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "ms": round(seconds * 1000, 1),
                },
            )
            log.request_id.reset(restore)

    def _refusal(self, scope: Any, headers: Mapping[bytes, bytes]) -> tuple[int, Fault] | None:
        """Status and fault of what no route is to see."""
        if b"transfer-encoding" in headers and b"content-length" in headers:
            # A proxy may have believed the other one, and read another request than we do.
            return 400, Fault("request_malformed", "Content-Length")
        if _DISGUISED.search(scope["raw_path"]):
            # Litestar would take it for a plain slash, and a proxy's rules for another path.
            return 404, Fault("route_not_found")
        if self._hosts and _without_port(headers.get(b"host", b"")) not in self._hosts:
            # Probes ask by address.
            probe = scope["path"].startswith("/health/")
            return None if probe else (400, Fault("host_unknown", "Host"))
        return None


def _without_port(host: bytes) -> bytes:
    """The host of a Host header: `example.org:8080`, `[2001:db8::1]:8080`."""
    return (host.partition(b"]")[0] + b"]" if host[:1] == b"[" else host.partition(b":")[0]).lower()


def patient(receive: Receive) -> Receive:
    """`receive` with a bound on how long the body may take, then without: what follows is only
    the news that the client has gone. Raises EdgeRefusal (408, 400 for a client that left)."""
    started = time.monotonic()
    received = 0
    complete = False

    async def receive_in_time() -> Message:
        nonlocal received, complete
        if complete:
            return await receive()
        deadline = started + BODY_SECONDS + received / BODY_BYTES_PER_SECOND
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                message = await receive()
        except TimeoutError:
            fault = Fault("body_too_slow")
            raise EdgeRefusal(408, fault, headers={"Connection": "close"}) from None
        if message["type"] == "http.disconnect":
            raise EdgeRefusal(400, Fault("body_incomplete"))
        received += len(message.get("body", b""))
        complete = not message.get("more_body", False)
        return message

    return receive_in_time


def _with_ours(
    given: Iterable[tuple[bytes, bytes]], ours: Sequence[tuple[bytes, bytes]], language: Language
) -> list[tuple[bytes, bytes]]:
    """The answer's own headers first; ours where it says nothing."""
    given = list(given)
    own = {name.lower(): value for name, value in given}
    if b"json" in own.get(b"content-type", b""):
        given += ((b"content-language", language.encode()), (b"vary", b"Accept-Language"))
    return [*given, *(one for one in ours if one[0] not in own)]
