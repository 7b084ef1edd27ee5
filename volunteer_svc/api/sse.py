"""Events as server-sent events: each reader's place in the log, and nothing kept for him.

What a slow reader does not take stays in the log: the next frames are made when the last ones have
left. So a reader costs his place and uvicorn's write buffer, however far he is behind.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

from litestar.response.base import ASGIResponse

from volunteer_svc.actions import feed
from volunteer_svc.actions.tail import Page, Tail
from volunteer_svc.domain.cursor import Place, cursor_of
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.domain.event_filter import EventFilter
from volunteer_svc.store import database
from volunteer_svc.store.event_feed import LoggedEvent

MEDIA_TYPE = "text/event-stream"
PATH = "/v1/events/stream"
HEARTBEAT_SECONDS = 15.0
OPEN_SECONDS = 900.0
FRAMES_MAX = 100
"""Events put together for one write, some 70 KiB."""
STREAMS_MAX = 2_000
"""Open at a time in one process."""
_RETRY_MS = 2_000
_HEADERS = {"X-Accel-Buffering": "no"}
_logger = logging.getLogger(__name__)


class EventStream(ASGIResponse):
    """The stream of one reader, from his place on. Closes after a while, so that rights and
    balancers are asked anew; he resumes with `Last-Event-ID`."""

    __slots__ = ("_place", "_tail", "_wanted")

    _should_set_content_length = False

    def __init__(self, tail: Tail, place: Place, wanted: EventFilter) -> None:
        """Raises `busy` (503) when too many are open."""
        if tail.streams >= STREAMS_MAX:
            raise refuse("busy", kind="busy")
        super().__init__(media_type=MEDIA_TYPE, headers=_HEADERS)
        self._tail = tail
        self._place = place
        self._wanted = wanted

    async def send_body(self, send: Any, receive: Any) -> None:
        writing = asyncio.create_task(self._write(send))
        leaving = asyncio.create_task(_left(receive))
        self._tail.streams += 1
        try:
            # The writer ends by itself; the time is for who takes nothing of what he is sent.
            await asyncio.wait(
                {writing, leaving},
                timeout=OPEN_SECONDS + HEARTBEAT_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            self._tail.streams -= 1
            writing.cancel()
            leaving.cancel()
            await asyncio.gather(writing, leaving, return_exceptions=True)
        if not writing.cancelled():
            writing.result()  # what nobody thought of

    async def _write(self, send: Any) -> None:
        try:
            async for frames in self._frames():
                await send({"type": "http.response.body", "body": frames, "more_body": True})
        except Refusal:
            pass  # the log was replaced, or has dropped what he had not read: he hears it at once
        except database.LOST as error:
            _logger.warning("stream_lost_database", extra={"error": repr(error)})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _frames(self) -> AsyncIterator[bytes]:
        """What to write, and when. An event's id is the cursor behind it."""
        now = self._tail.seconds
        # Not all at once, or all would come back at once.
        close_at = now() + OPEN_SECONDS * random.uniform(0.9, 1)  # noqa: S311 - nobody's secret # nosec B311
        place = told = self._place
        yield f"retry: {_RETRY_MS}\nid: {cursor_of(told)}\n\n".encode()
        wrote_at = now()
        while not self._tail.ended and now() < close_at:
            page = await self._page(place)
            place = page.next
            if page.events:
                yield _events(place.epoch, page.events)
                told, wrote_at = Place(place.epoch, page.events[-1].sequence), now()
            if now() - wrote_at >= HEARTBEAT_SECONDS:
                yield b":\n\n" if place == told else f":\nid: {cursor_of(place)}\n\n".encode()
                told, wrote_at = place, now()
            if not page.has_more:
                until = min(wrote_at + HEARTBEAT_SECONDS, close_at)
                await self._tail.grows_beyond(place, until - now())

    async def _page(self, place: Place) -> Page:
        page = self._tail.page(place, FRAMES_MAX, self._wanted)
        if page is not None:
            return page
        async with self._tail.behind:
            return await feed.read_on(place, FRAMES_MAX, self._wanted)


def _events(epoch: str, events: Sequence[LoggedEvent]) -> bytes:
    return "".join(
        [f"id: {cursor_of(Place(epoch, e.sequence))}\ndata: {e.body}\n\n" for e in events]
    ).encode()


async def _left(receive: Any) -> None:
    """Return when the reader has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
