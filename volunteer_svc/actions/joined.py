"""Joins sheets that arrive at the same time into one transaction.

While one transaction runs, the sheets that arrive wait for it and then go together: a commit
costs as much for one as for many. Nobody waits when nothing runs.
"""

import asyncio
import contextvars
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any, Protocol

import msgspec

from volunteer_svc.actions import notes
from volunteer_svc.actions.command import Call, OnceKey, answer_once
from volunteer_svc.actions.service_records import (
    Sheet,
    SheetOutcome,
    record_service,
    record_sheets,
)
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store import database
from volunteer_svc.store.transaction import in_transaction

LANES = 2
"""Transactions at once: one commits while the other is decided."""
LANES_MAX, LANE_ENTRIES = 6, 100
"""Of large sheets more go at once: so many waiting entries are worth a transaction."""
LOCK_MILLISECONDS = 100
"""How long joined sheets wait for a volunteer somebody else has locked."""
ENTRIES_MAX = 200
"""Entries joined at most; a larger sheet goes alone."""

Result = SheetOutcome | Refusal | Exception


class Asked(msgspec.Struct, frozen=True):
    """A sheet that waits for its transaction."""

    key: OnceKey | None
    call: Call
    sheet: Sheet
    answer: asyncio.Future[SheetOutcome]


class _Answered(Protocol):
    @property
    def answer(self) -> asyncio.Future[Any]: ...


class Joiner:
    """One per process and event loop."""

    def __init__(self) -> None:
        self._waiting: list[Asked] = []
        self._lanes = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def record_service(self, key: OnceKey | None, call: Call, sheet: Sheet) -> SheetOutcome:
        """Like the command of that name; a refused or failing sheet touches no neighbour."""
        if sheet.all_or_nothing:  # may roll everything back, so it goes alone
            return await record_service.once(key, call, sheet)
        asked = Asked(key, call, sheet, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._lanes < LANES or (
            self._lanes < LANES_MAX and self._entries_waiting() >= LANE_ENTRIES
        ):
            self._lanes += 1
            self._start(self._run())
        return await asked.answer

    async def close(self) -> None:
        """Let what waits be done."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        # In a context of its own: it serves others after this request.
        task = asyncio.create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self) -> None:
        """A lane: batch after batch until nothing waits."""
        try:
            while self._waiting:
                batch = self._take()
                try:
                    tell(batch, await in_transaction(partial(_together, batch)))
                except (*database.BAD_ROW, *database.LOCKED):
                    # One of them broke a constraint or waits for a lock: each goes alone, and
                    # none waits in the lane.
                    for asked in batch:
                        self._start(_alone(asked))
                except Exception as error:  # noqa: BLE001 - the server is away: all are told
                    tell(batch, [error] * len(batch))
        finally:
            self._lanes -= 1  # at once: a sheet that arrives now starts a new lane

    def _entries_waiting(self) -> int:
        return sum(len(asked.sheet.entries) for asked in self._waiting)

    def _take(self) -> list[Asked]:
        """The sheets that waited longest, as many as go together."""
        entries = count = 0
        for asked in self._waiting:
            entries += len(asked.sheet.entries)
            if count and entries > ENTRIES_MAX:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch


def tell(batch: Sequence[_Answered], results: Sequence[object]) -> None:
    """To each who waits his result, or what went wrong."""
    for asked, result in zip(batch, results, strict=True):
        if asked.answer.done():  # the client is gone; the hours are recorded
            continue
        if isinstance(result, Exception):
            asked.answer.set_exception(result)
        else:
            asked.answer.set_result(result)


async def _alone(asked: Asked) -> None:
    result: Result
    try:
        result = await record_service.once(asked.key, asked.call, asked.sheet)
    except Exception as error:  # noqa: BLE001 - told to who asked
        result = error
    tell([asked], [result])


async def _together(batch: Sequence[Asked]) -> Sequence[SheetOutcome | Refusal]:
    async def work(left: list[int]) -> Sequence[SheetOutcome | Refusal]:
        results = await record_sheets([(batch[n].call, batch[n].sheet) for n in left])
        recorded = zip(left, results, strict=True)
        await notes.write(
            (batch[n].call, record_service.__name__, True)
            for n, result in recorded
            if not isinstance(result, Refusal)
        )
        return results

    await database.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
    return await answer_once([asked.key for asked in batch], work, SheetOutcome)
