"""Around every request, also one that no route takes: its id, patience, headers, log line, metrics.

Plain ASGI and outside of Litestar: Litestar's own hooks do not run for errors.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from volunteer_svc import ids, log
from volunteer_svc.api.metrics import UNMATCHED, Metrics
from volunteer_svc.api.problems import EdgeRefusal, cut_off
from volunteer_svc.domain.errors import Fault
from volunteer_svc.i18n import Language, language_of

BODY_SECONDS = 30.0
"""How long a body may take, plus one second for each `BODY_BYTES_PER_SECOND` that came."""
BODY_BYTES_PER_SECOND = 64 * 1024

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
}
_NOTHING_RUNS = b"default-src 'none'; frame-ancestors 'none'"
# What the ASGI specification calls these; Litestar's own types differ per kind of message.
Message = Any
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

_logger = logging.getLogger("volunteer_svc.access")


class Edge:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"")
        request_id = given.decode() if _REQUEST_ID.fullmatch(given) else str(ids.uuid7())
        ours = _ALWAYS | {b"x-request-id": request_id.encode()}
        if scope["path"].startswith("/v1"):
            ours |= {b"cache-control": b"no-store"}
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
            await self._app(scope, patient(receive), send_with_headers)
        except asyncio.CancelledError:
            # The process ends and waits no longer; uvicorn alone would say 500 in plain text.
            if not answered:
                for message in cut_off(language):
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
    given: Iterable[tuple[bytes, bytes]], ours: dict[bytes, bytes], language: Language
) -> list[tuple[bytes, bytes]]:
    """The answer's own headers first; ours where it says nothing."""
    given = list(given)
    own = {name.lower(): value for name, value in given}
    if b"json" in own.get(b"content-type", b""):
        ours = ours | {
            b"content-security-policy": _NOTHING_RUNS,
            b"content-language": language.encode(),
            b"vary": b"Accept-Language",
        }
    return [*given, *((name, value) for name, value in ours.items() if name not in own)]
