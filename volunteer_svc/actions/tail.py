"""The end of the log, followed once per process for all who wait there.

However many wait, PostgreSQL is asked once per bell; a waiting reader costs the process his place
in the log and nothing else. Who falls behind the window reads pages of the log instead.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from volunteer_svc import store
from volunteer_svc.config import Config
from volunteer_svc.domain.cursor import Place
from volunteer_svc.domain.event_filter import EventFilter
from volunteer_svc.store import database
from volunteer_svc.store.event_feed import Bell, LoggedEvent
from volunteer_svc.store.event_log import Head

WINDOW_EVENTS = 4_000
"""About 3 MiB of text."""
_RECHECK_SECONDS = 1.0
"""A bell may be missed behind a pooler of connections."""
_RECONNECT_SECONDS = 0.5
_BEHIND_MAX = 3
"""Streams that may ask PostgreSQL at a time: commands need its connections too."""
_EVERYTHING = EventFilter(hidden=frozenset())
_logger = logging.getLogger(__name__)


class Page(msgspec.Struct, frozen=True):
    """Events that passed; `next` is behind all that was looked at, also what was dropped."""

    events: Sequence[LoggedEvent]
    next: Place
    head: Place

    @property
    def has_more(self) -> bool:
        return self.next.sequence < self.head.sequence


class Tail:
    """Begins to follow when the first reader waits; `end` lets all of them go."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._head: Head | None = None
        self._window: list[LoggedEvent] = []
        """The last events in order, dense, up to the head."""
        self._moved = asyncio.Event()
        self._following: asyncio.Task[None] | None = None
        self.behind = asyncio.Semaphore(_BEHIND_MAX)
        self.streams = 0
        """How many are open."""
        self.ended = False
        """Readers finish what they are at."""

    @staticmethod
    def seconds() -> float:
        return asyncio.get_running_loop().time()

    def end(self) -> None:
        self.ended = True
        self._tell()

    async def close(self) -> None:
        self.end()
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following

    def page(self, place: Place, limit: int, wanted: EventFilter) -> Page | None:
        """What there is behind the place; None when the window does not reach back to it."""
        head = self._head
        if head is None or place.epoch != head.epoch or place.sequence > head.last_seq:
            return None
        begins = head.last_seq - len(self._window)
        if place.sequence < begins:
            return None
        found: list[LoggedEvent] = []
        until = head.last_seq
        for event in self._window[place.sequence - begins :]:
            if wanted.passes(event.name, event.subject, event.station_id):
                found.append(event)
                if len(found) == limit:
                    until = event.sequence
                    break
        return Page(found, Place(head.epoch, until), Place(head.epoch, head.last_seq))

    async def grows_beyond(self, place: Place, seconds: float) -> bool:
        """Wait until there is something behind the place, or another epoch. False: in vain."""
        if self._following is None and not self.ended:
            self._following = asyncio.create_task(self._follow())
        try:
            async with asyncio.timeout(seconds):
                while not self.ended:
                    head, moved = self._head, self._moved
                    if head and (head.epoch != place.epoch or head.last_seq > place.sequence):
                        return True
                    await moved.wait()
        except TimeoutError:
            pass
        return False

    async def _follow(self) -> None:
        while True:
            try:
                async with store.event_feed.bell(self._config) as bell:
                    await self._read_on(bell)
            except database.LOST as error:
                _logger.warning("events_not_followed", extra={"error": repr(error)})
            except Exception:
                _logger.exception("events_not_followed")
            self._head, self._window = None, []  # nobody waits for a head that may be an old one
            await asyncio.sleep(_RECONNECT_SECONDS)

    async def _read_on(self, bell: Bell) -> None:
        while True:
            while await self._read_once():
                pass
            await bell.heard(_RECHECK_SECONDS)

    async def _read_once(self) -> bool:
        """Take what is new. False: there was nothing."""
        known = self._head
        if known is None:
            self._head, self._window = await store.event_log.head(), []
            self._tell()
            return True
        found = await store.event_feed.read(known.last_seq, WINDOW_EVENTS, _EVERYTHING)
        if found.head.epoch != known.epoch:
            self._head, self._window = found.head, []
        elif found.events:
            until = found.events[-1].sequence
            self._head = msgspec.structs.replace(found.head, last_seq=until)
            self._window = [*self._window, *found.events][-WINDOW_EVENTS:]
        else:
            return False
        self._tell()
        return True

    def _tell(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
