"""Joins sign-ups for one activity that arrive at the same time into one transaction.

Each of them has to lock the activity's row: one after the other, a popular one takes as long as all
their commits. Nobody waits when nothing runs.
"""

import asyncio
import contextvars
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from volunteer_svc.actions import notes
from volunteer_svc.actions.command import Call, OnceKey, answer_once
from volunteer_svc.actions.joined import tell
from volunteer_svc.actions.signups import SignUp, SignupView, sign_up, sign_up_together
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store import database
from volunteer_svc.store.transaction import in_transaction

JOINED_MAX = 200


class Asked(msgspec.Struct, frozen=True):
    """Somebody who waits for the transaction of his activity."""

    key: OnceKey | None
    call: Call
    activity_id: UUID
    request: SignUp
    answer: asyncio.Future[SignupView]


class SignupJoiner:
    """One per process and event loop."""

    def __init__(self) -> None:
        self._lines: dict[UUID, list[Asked]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def sign_up(
        self, key: OnceKey | None, call: Call, activity_id: UUID, request: SignUp
    ) -> SignupView:
        """Like the command of that name; a refused one touches no neighbour."""
        answer = asyncio.get_running_loop().create_future()
        asked = Asked(key, call, activity_id, request, answer)
        if activity_id in self._lines:
            self._lines[activity_id].append(asked)
        else:
            self._lines[activity_id] = [asked]
            self._start(self._run(activity_id))
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

    async def _run(self, activity_id: UUID) -> None:
        """The line of one activity, batch after batch until nobody stands in it."""
        while line := self._lines[activity_id]:
            batch, self._lines[activity_id] = line[:JOINED_MAX], line[JOINED_MAX:]
            try:
                tell(batch, await in_transaction(partial(_together, activity_id, batch)))
            except database.BAD_ROW:
                for asked in batch:
                    self._start(_alone(asked))
            except Exception as error:  # noqa: BLE001 - the server is away: all are told
                tell(batch, [error] * len(batch))
        del self._lines[activity_id]  # at once: who arrives now starts a new line


async def _alone(asked: Asked) -> None:
    result: object
    try:
        result = await sign_up.once(asked.key, asked.call, asked.activity_id, asked.request)
    except Exception as error:  # noqa: BLE001 - told to who asked
        result = error
    tell([asked], [result])


async def _together(activity_id: UUID, batch: Sequence[Asked]) -> Sequence[SignupView | Refusal]:
    async def work(left: list[int]) -> Sequence[SignupView | Refusal]:
        asked = [(batch[n].call, batch[n].request) for n in left]
        results = await sign_up_together(activity_id, asked)
        done = zip(left, results, strict=True)
        await notes.write(
            (batch[n].call, sign_up.__name__, True)
            for n, result in done
            if not isinstance(result, Refusal)
        )
        return results

    return await answer_once([asked.key for asked in batch], work, SignupView)
