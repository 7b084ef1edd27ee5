"""Stream and feed as one source: batches of events, each with the position to store beside them."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from redis.asyncio import Redis

from volunteer_svc.consumer.event import EpochChanged, Event, Gap
from volunteer_svc.consumer.feed import Feed, FeedUnreachable
from volunteer_svc.consumer.position import Position
from volunteer_svc.consumer.stream import UNREACHABLE, connected, read_once

_WAIT_SECONDS = 25
_WAIT_SECONDS_AWAY = 5
"""So often Redis is tried again."""
_SILENCE_SECONDS = 30
"""So long the stream may be silent before the feed is asked whether there really is nothing."""
_RETRY_SECONDS_MIN = 0.1
_RETRY_SECONDS_MAX = 5.0
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in order, none twice. Store `position` in the transaction of their effect, also when
    there are none: then the filter dropped what there was."""

    events: tuple[Event, ...]
    position: Position


async def batches(
    after: Position, *, feed: Feed | None = None, redis_url: str | None = None
) -> AsyncGenerator[Batch, None]:
    """All events behind `after`, for ever, through outages of either source.

    With both, the stream is read, and the feed for what the stream does not have: at the start,
    at a hole, while Redis is away, and when it is silent for long. Raises EpochChanged or Expired
    (both StartAnew) where there is no way on, FeedRefused, and Gap at a hole when there is no feed.
    """
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(connected(redis_url)) if redis_url else None
        sources = _Sources(feed, client)
        while True:
            batch = await sources.next(after)
            if batch.position != after:
                after = batch.position
                yield batch


class _Sources:
    """Which of the two is asked next, and how long to wait for one that is away."""

    def __init__(self, feed: Feed | None, client: Redis | None) -> None:
        self._feed = feed
        self._client = client
        self._asks_feed = feed is not None  # first of all: it knows whether the position is good
        self._wait = 0 if client else _WAIT_SECONDS
        self._pause = _RETRY_SECONDS_MIN
        self._silent_since = _now()

    async def next(self, after: Position) -> Batch:
        """What is there by now, perhaps nothing. Raises as `batches`."""
        try:
            if self._feed is not None and (self._asks_feed or self._client is None):
                batch = await self._of_feed(self._feed, after)
            elif self._client is not None:
                events = await read_once(self._client, after.sequence)
                self._doubt(is_silent=not events)
                batch = _of_stream(after, events, self._feed)
            else:
                raise ValueError("a feed, a Redis, or both")
        except UNREACHABLE as error:
            _logger.warning("stream_unreachable", extra={"error": repr(error)})
            self._asks_feed, self._wait = self._feed is not None, _WAIT_SECONDS_AWAY
            if self._feed is None:
                await self._rest()
        except FeedUnreachable as error:
            _logger.warning("feed_unreachable", extra={"error": str(error)})
            self._asks_feed = False  # the stream may have gone on meanwhile
            await self._rest(error.seconds)
        except Gap:
            if self._feed is None:
                raise
            self._asks_feed, self._wait = True, 0
        else:
            self._pause = _RETRY_SECONDS_MIN
            return batch
        return Batch((), after)

    def _doubt(self, *, is_silent: bool) -> None:
        """A relay that cannot append leaves a stream that looks like a quiet night."""
        if not is_silent:
            self._silent_since = _now()
        elif self._feed is not None and _now() - self._silent_since >= _SILENCE_SECONDS:
            self._asks_feed, self._wait = True, 0

    async def _of_feed(self, feed: Feed, after: Position) -> Batch:
        page = await feed.read(after, wait_seconds=self._wait)
        self._asks_feed = False
        if page.next == after:
            self._silent_since = _now()
        if self._client is not None and self._wait == 0 and page.next == after:
            await self._rest()  # it has no more than the stream, which has a hole: it will have
        return Batch(page.events, page.next)

    async def _rest(self, at_least: float = 0) -> None:
        await asyncio.sleep(max(self._pause, at_least))
        self._pause = min(2 * self._pause, _RETRY_SECONDS_MAX)


def _of_stream(after: Position, events: Sequence[Event], feed: Feed | None) -> Batch:
    """Up to the first hole. Raises Gap when the hole is right behind the position."""
    taken: list[Event] = []
    at = after
    for event in events:
        if at.source not in (None, event.source):
            if taken:
                break
            raise EpochChanged(str(at.source), event.source, event.sequence)
        if event.sequence != at.sequence + 1:
            if taken:
                break
            raise Gap(at.sequence + 1, event.sequence)
        taken.append(event)
        at = event.position
    return Batch(tuple(one for one in taken if feed is None or feed.wants(one)), at)


def _now() -> float:
    return asyncio.get_running_loop().time()
