"""Joins sheets that arrive at the same time into one transaction.

While one transaction runs, the sheets that arrive wait for it and then go together: a commit
costs as much for one as for many. Nobody waits when nothing runs.
"""

import asyncio
import contextvars
from collections.abc import Sequence

import msgspec

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
ENTRIES_MAX = 500
"""Entries joined at most; a larger sheet goes alone."""

Result = SheetOutcome | Refusal | Exception


class Asked(msgspec.Struct, frozen=True):
    """A sheet that waits for its transaction."""

    key: OnceKey | None
    call: Call
    sheet: Sheet
    answer: asyncio.Future[SheetOutcome]


class Joiner:
    """One per process and event loop."""

    def __init__(self) -> None:
        self._waiting: list[Asked] = []
        self._lanes: set[asyncio.Task[None]] = set()

    async def record_service(self, key: OnceKey | None, call: Call, sheet: Sheet) -> SheetOutcome:
        """Like the command of that name; a refused or failing sheet touches no neighbour."""
        if sheet.all_or_nothing:  # may roll everything back, so it goes alone
            return await record_service.once(key, call, sheet)
        asked = Asked(key, call, sheet, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if len(self._lanes) < LANES:
            # In a context of its own: the lane serves others after this request.
            lane = asyncio.create_task(self._run(), context=contextvars.Context())
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        return await asked.answer

    async def close(self) -> None:
        """Let what waits be done."""
        while self._lanes:
            await asyncio.wait(set(self._lanes))

    async def _run(self) -> None:
        while self._waiting:
            batch = self._take()
            for asked, result in zip(batch, await _record(batch), strict=True):
                if asked.answer.done():  # the client is gone; the hours are recorded
                    continue
                if isinstance(result, Exception):
                    asked.answer.set_exception(result)
                else:
                    asked.answer.set_result(result)

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


async def _record(batch: Sequence[Asked]) -> Sequence[Result]:
    try:
        return await in_transaction(lambda: _record_together(batch))
    except database.BAD_ROW as error:
        if len(batch) == 1:
            return [error]
        # One sheet broke a constraint: each has its own transaction now, and only it fails.
        return [result for asked in batch for result in await _record([asked])]
    except Exception as error:  # noqa: BLE001 - the server is away: everybody is told
        return [error] * len(batch)


async def _record_together(batch: Sequence[Asked]) -> Sequence[SheetOutcome | Refusal]:
    async def work(left: list[int]) -> Sequence[SheetOutcome | Refusal]:
        return await record_sheets([(batch[n].call, batch[n].sheet) for n in left])

    return await answer_once([asked.key for asked in batch], work, SheetOutcome)
