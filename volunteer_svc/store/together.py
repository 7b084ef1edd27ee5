"""Lookups that meet go together: while one statement runs, those that come wait for the next.

A lookup is sent after it was asked for, never answered from before: nothing is remembered.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

K = TypeVar("K")
V = TypeVar("V")
_KEYS_MAX = 500


class Together(Generic[K, V]):
    """`read` answers many keys with one statement; unknown ones are left out of its answer."""

    def __init__(self, read: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._read = read
        self._lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, _Lane[K, V]] = WeakKeyDictionary()

    async def find(self, key: K) -> V | None:
        """What `read` answers for this key. Raises what it raises."""
        loop = asyncio.get_running_loop()
        lane = self._lanes.get(loop)
        if lane is None:
            lane = self._lanes[loop] = _Lane()
        found: asyncio.Future[V | None] = loop.create_future()
        lane.waiting.append((key, found))
        if lane.task is None:
            # In a context of its own: it serves others after this request.
            lane.task = asyncio.create_task(self._run(lane), context=contextvars.Context())
        return await found

    async def _run(self, lane: "_Lane[K, V]") -> None:
        try:
            while lane.waiting:
                batch, lane.waiting = lane.waiting[:_KEYS_MAX], lane.waiting[_KEYS_MAX:]
                try:
                    answer = await self._read({key for key, _ in batch})
                except Exception as error:  # noqa: BLE001 - told to who asked
                    for _, found in batch:
                        if not found.done():
                            found.set_exception(error)
                else:
                    for key, found in batch:
                        if not found.done():  # or nobody waits any more
                            found.set_result(answer.get(key))
        finally:
            lane.task = None


class _Lane(Generic[K, V]):
    """Of one event loop."""

    def __init__(self) -> None:
        self.waiting: list[tuple[K, asyncio.Future[V | None]]] = []
        self.task: asyncio.Task[None] | None = None
