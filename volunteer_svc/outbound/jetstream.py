"""NATS JetStream as a way for events: the extra `nats`, and off unless servers are named.

Each message names the stream's sequence that it follows, and the event's id to tell it by: the
server takes it in its place, once, or not at all. Messages are sent without waiting for each other;
when one is not taken, none behind it is.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import DiscardPolicy, Header, RawStreamMsg, StreamConfig
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from volunteer_svc.domain.cloudevent import Numbered, type_of
from volunteer_svc.outbound.way import Away, Position

T = TypeVar("T")
STREAM = "VOLUNTEER_EVENTS"
SUBJECTS = "volunteer.events.>"
SEQUENCE = "Volunteer-Sequence"
"""The header that holds the event's number."""
_WAIT_SECONDS = 5
_CLOSE_SECONDS = 1
_NO_STREAM = 10059
_NOT_NEXT = 10071


class JetStream:
    """The one stream; made when it is not there, with about `maxlen` events kept.

    `remembered` tells how far the events came, for when the stream has been emptied since.
    """

    name = "jetstream"

    def __init__(
        self, servers: Sequence[str], maxlen: int, remembered: Callable[[], Awaitable[int]]
    ) -> None:
        self.maxlen = maxlen
        self._servers = list(servers)
        self._remembered = remembered
        self._client: Client | None = None
        self._stream: JetStreamContext | None = None
        self._last = 0

    async def position(self) -> Position:
        """Raises Away."""
        return await self._reached(self._position)

    async def append(self, position: int, events: Sequence[Numbered]) -> int:
        """Append the events behind the message that `position()` found last. Raises Away."""
        return await self._reached(lambda stream: self._append(stream, position, events))

    async def close(self) -> None:
        """Within a second or so, whatever state the server is in."""
        client, self._client, self._stream = self._client, None, None
        if client is not None:
            with suppress(NatsError, OSError, TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await client.close()

    async def _reached(self, work: Callable[[JetStreamContext], Awaitable[T]]) -> T:
        """With a connection that is thrown away after an error: what is still on its way there
        is in its place or too late."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                if self._client is None or self._stream is None:
                    self._client = await _connected(self._servers)
                    self._stream = self._client.jetstream(timeout=_WAIT_SECONDS)
                return await work(self._stream)
        except (NatsError, OSError, TimeoutError) as error:
            await self.close()
            raise Away(type(error).__name__) from None
        finally:
            _heed_cancellation()

    async def _position(self, stream: JetStreamContext) -> Position:
        try:
            last = await stream.get_last_msg(STREAM, SUBJECTS)
        except NotFoundError as error:
            if error.err_code == _NO_STREAM:
                await stream.add_stream(_config(self.maxlen))
            return await self._emptied(stream)
        self._last = int(last.seq or 0)
        return _position_of(last)

    async def _emptied(self, stream: JetStreamContext) -> Position:
        """A stream without messages is new, or somebody has purged it."""
        self._last = (await stream.stream_info(STREAM)).state.last_seq
        return Position(await self._remembered() if self._last else 0, None)

    async def _append(
        self, stream: JetStreamContext, position: int, events: Sequence[Numbered]
    ) -> int:
        # Not publish_async: nats-py 2.16 never ends its future when the server says no. Tasks start
        # in their order, and one that were overtaken would only not be taken.
        sent = [
            stream.publish(
                f"volunteer.events.{type_of(event.name)}",
                event.body.encode(),
                headers={
                    Header.MSG_ID: str(event.event_id),
                    Header.EXPECTED_STREAM: STREAM,
                    Header.EXPECTED_LAST_SEQUENCE: str(self._last + n),
                    SEQUENCE: str(event.sequence),
                },
            )
            for n, event in enumerate(events)
        ]
        answers = await asyncio.gather(*sent, return_exceptions=True)
        failed = next((one for one in answers if isinstance(one, BaseException)), None)
        if failed is None:
            return events[-1].sequence
        if not (isinstance(failed, APIError) and failed.err_code == _NOT_NEXT):
            raise failed
        # Another relay was faster; otherwise nothing would ever be taken.
        stands = await self._position(stream)
        if stands.sequence <= position:
            raise failed
        return stands.sequence


async def _connected(servers: list[str]) -> Client:
    async def quiet(_: Exception) -> None:
        """Whoever asks next is told: not nats-py's own log, which shows addresses."""

    # The relay tries again by itself, and looks first how far it came.
    return await nats.connect(
        servers,
        name="volunteer_svc relay",
        allow_reconnect=False,
        max_reconnect_attempts=1,  # of each server named: by itself it would go on for ever
        reconnect_time_wait=0,
        connect_timeout=_WAIT_SECONDS,
        error_cb=quiet,
    )


def _heed_cancellation() -> None:
    """nats-py hides a cancellation in places, and so does `asyncio.wait_for` of Python 3.11 when
    the reply comes in the same turn: a relay that missed its end would go on for ever."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _config(maxlen: int) -> StreamConfig:
    return StreamConfig(
        name=STREAM, subjects=[SUBJECTS], max_msgs=maxlen, discard=DiscardPolicy.OLD
    )


def _position_of(last: RawStreamMsg) -> Position:
    headers = last.headers or {}
    if not headers.get(SEQUENCE, "").isdecimal():
        raise Away("the last message in the stream is not ours")
    return Position(int(headers[SEQUENCE]), headers.get(Header.MSG_ID))
