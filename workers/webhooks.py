"""Delivers webhooks beside the relay: as many processes as run share what is due.

How much is under way to an endpoint at once follows how it answers, so that one that is slow or
dead holds up nobody else.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc import clock
from volunteer_svc.actions import deliveries
from volunteer_svc.actions.deliveries import Delivery, Finished
from volunteer_svc.domain.webhook import Answer
from volunteer_svc.outbound.webhooks import Sender
from volunteer_svc.store import database, relay_marks

ROOM_MIN = 4
ROOM_MAX = 32
"""Deliveries under way to one endpoint, per process."""
UNDER_WAY_MAX = 512
"""Deliveries under way in all, per process."""
FAST_MILLISECONDS = 1000
BUSY = 8
"""With so many under way a moment passes before the next are claimed or written down: one statement
then does it for many."""
_MOMENT_SECONDS = 0.005
_ENDPOINTS_KNOWN_MAX = 10_000
_POLL_SECONDS = 0.1
_RECONNECT_SECONDS = 0.5
_MARK_SECONDS = 1.0
"""How often is written down that deliveries are looked for."""
_STOP_SECONDS = 1.0
"""For what is under way at the end; what is left then is sent again by another process."""
_logger = logging.getLogger(__name__)


class Dispatcher:
    """The deliveries of one process."""

    def __init__(self, sender: Sender, now: Callable[[], datetime] = clock.now) -> None:
        self._sender = sender
        self._now = now
        self._room: dict[UUID, int] = {}
        self._busy: Counter[UUID] = Counter()
        self._tasks: dict[asyncio.Task[None], Delivery] = {}
        self._finished: list[Finished] = []
        self._bell = asyncio.Event()
        self._written = asyncio.Event()
        self._marked = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`, through outages of the database. The pool is open."""
        writing = asyncio.create_task(self._write_for_ever())
        ringing = asyncio.create_task(self._ring_at(stop))
        try:
            while not stop.is_set():
                try:
                    await self._breathe()
                    moved = await self.turn()
                    await self._mark()
                except database.LOST as error:
                    _logger.warning("webhooks_lost_database", extra={"error": repr(error)})
                    moved = await _wait(stop, _RECONNECT_SECONDS)
                except Exception:  # a bug here must not stop the stream beside it
                    _logger.exception("webhooks_stumbled")
                    moved = await _wait(stop, _RECONNECT_SECONDS)
                if not moved:
                    await _wait(self._bell, _POLL_SECONDS)
                    self._bell.clear()
        finally:
            ringing.cancel()
            writing.cancel()
            await asyncio.gather(ringing, writing, return_exceptions=True)
            await self._end()

    async def turn(self) -> bool:
        """Lay lanes, claim what is due and begin to send it. False when there was nothing."""
        moved = await deliveries.fan_out(self._now())
        free = UNDER_WAY_MAX - len(self._tasks)
        if free <= 0:
            return moved
        known = self._room.keys() | self._busy.keys()
        room = {one: self._room.get(one, ROOM_MIN) - self._busy[one] for one in known}
        claimed = await deliveries.claim(self._now(), room, room_else=ROOM_MIN, limit=free)
        for delivery in claimed:
            self._busy[delivery.claimed.endpoint_id] += 1
            task = asyncio.create_task(self._send(delivery))
            self._tasks[task] = delivery
            task.add_done_callback(self._sent)
        return moved or bool(claimed)

    async def _mark(self) -> None:
        if time.monotonic() - self._marked > _MARK_SECONDS:
            await relay_marks.delivering(self._now())
            self._marked = time.monotonic()

    async def write(self) -> None:
        """Write down what is finished; what could not be written stays for the next time."""
        finished = self._finished[:]
        if not finished:
            return
        await deliveries.finish(finished, self._now())
        del self._finished[: len(finished)]
        self._bell.set()

    async def idle(self) -> None:
        """Wait until nothing is under way, and write it down."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        await self.write()

    async def _send(self, delivery: Delivery) -> None:
        at = self._now()
        claimed = delivery.claimed
        reply = await self._sender.post(
            claimed.endpoint_id, claimed.url, delivery.headers(at), delivery.body
        )
        answer = deliveries.challenged(delivery, reply.answer, reply.content)
        answer = msgspec.structs.replace(answer, head=deliveries.shown_head(reply.content))
        self._learn(claimed.endpoint_id, answer)
        self._finished.append(Finished(delivery=delivery, answer=answer, at=at))
        self._written.set()

    def _learn(self, endpoint_id: UUID, answer: Answer) -> None:
        """One more at once for whoever answers fast, few for who fails or is slow."""
        fine = answer.status is not None and 200 <= answer.status < 300  # noqa: PLR2004 - HTTP
        if fine and answer.milliseconds < FAST_MILLISECONDS:
            room = self._room.get(endpoint_id, ROOM_MIN)
            self._room[endpoint_id] = min(room + 1, ROOM_MAX)
        else:
            self._room.pop(endpoint_id, None)
        if len(self._room) > _ENDPOINTS_KNOWN_MAX:
            self._room.clear()

    def _sent(self, task: asyncio.Task[None]) -> None:
        delivery = self._tasks.pop(task)
        endpoint_id = delivery.claimed.endpoint_id
        self._busy[endpoint_id] -= 1
        if self._busy[endpoint_id] <= 0:
            del self._busy[endpoint_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.error("webhook_failed", exc_info=error)
        self._bell.set()

    async def _write_for_ever(self) -> None:
        while True:
            await self._written.wait()
            await self._breathe()
            self._written.clear()
            try:
                await self.write()
            except Exception as error:  # noqa: BLE001 - a bug must not have all of them sent again
                if _is_lost(error):
                    _logger.warning("webhooks_not_written", extra={"error": repr(error)})
                    await asyncio.sleep(_RECONNECT_SECONDS)
                    self._written.set()
                else:
                    await self._write_one_by_one()

    async def _write_one_by_one(self) -> None:
        """One of them cannot be written: it is due again when its lease is over, the others are
        not."""
        waiting, self._finished = self._finished, []
        for n, one in enumerate(waiting):
            try:
                await deliveries.finish([one], self._now())
            except Exception as error:
                if _is_lost(error):
                    self._finished += waiting[n:]
                    self._written.set()
                    return
                _logger.exception("webhooks_not_writable")

    async def _breathe(self) -> None:
        if len(self._tasks) >= BUSY:
            await asyncio.sleep(_MOMENT_SECONDS)

    async def _ring_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._bell.set()

    async def _end(self) -> None:
        """What is under way may end; the rest is given back, so that others send it at once."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_STOP_SECONDS)
        left = list(self._tasks.values())
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self.write()
                await deliveries.release(left, self._now())
        except (*database.LOST, TimeoutError):
            _logger.warning("webhooks_not_written")


def _is_lost(error: Exception) -> bool:
    """Whether the database is away, rather than the row a bad one."""
    return isinstance(error, database.LOST) and not isinstance(error, database.BAD_ROW)


async def _wait(event: asyncio.Event, seconds: float) -> bool:
    """Whether it was set in time."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
