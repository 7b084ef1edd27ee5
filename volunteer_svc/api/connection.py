"""uvicorn's connection with what it lacks: a bound on the time a request's head may take.

A body's time is bound by `edge.patient`, a kept connection that is silent by uvicorn itself.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from volunteer_svc.api.problems import refused
from volunteer_svc.api.sse import PATH as STREAM_PATH
from volunteer_svc.domain.errors import Fault
from volunteer_svc.i18n import DEFAULT

HEAD_SECONDS = 10.0
"""From the connection, or the first byte of a further request, to the end of the head."""

UNREAD_SECONDS = 1.0
"""How long the last bytes of a stream may take at the end of the process."""


class Connection(H11Protocol):
    """One connection. What is no HTTP, or too slow, is answered with a problem and closed."""

    _deadline: asyncio.TimerHandle | None = None
    _has_spoken = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        self._has_spoken = True
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._expect_nothing()
        elif self._deadline is None:
            # The head of a further request; or a body behind its answer, which nobody waits for.
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The process ends. A stream ends by itself; who reads none of it would hold us up."""
        super().shutdown()
        if self.cycle is not None and self.scope["path"] == STREAM_PATH:
            self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature
        """uvicorn calls this for what is no HTTP; its own answer is plain text."""
        self._refuse(400, Fault("request_malformed"))

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._has_spoken:
            self._refuse(408, Fault("head_too_slow"))
        else:
            self.transport.close()

    def _refuse(self, status: int, fault: Fault) -> None:
        if self.cycle is not None:
            # Broken within its body: what the application answers meanwhile has no place any more.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE) and not self.transport.is_closing():
            start, body = refused(status, fault, DEFAULT)
            self._write(h11.Response(status_code=status, headers=start["headers"]))
            self._write(h11.Data(data=body["body"]))
            self._write(h11.EndOfMessage())
        self.transport.close()

    def _write(self, event: Any) -> None:
        self.transport.write(self.conn.send(event) or b"")
