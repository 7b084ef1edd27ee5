"""A command: one transaction, repeated when PostgreSQL asks, answered once per Idempotency-Key."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Generic, ParamSpec, TypeVar, get_type_hints
from uuid import UUID

import msgspec

from volunteer_svc.domain.actor import Actor
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.identity.vault import vault
from volunteer_svc.store import idempotency
from volunteer_svc.store.outbox import Trace
from volunteer_svc.store.transaction import in_transaction

P = ParamSpec("P")
T = TypeVar("T")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and when: the only reading of the clock. `trace` follows into the events.

    `session_id`: under which session; None for clients and jobs.
    """

    actor: Actor
    now: datetime
    trace: Trace = Trace()
    session_id: UUID | None = None


class OnceKey(msgspec.Struct, frozen=True, kw_only=True):
    """A client's Idempotency-Key (hashed with the actor) and the hash of the body it came with."""

    key_hash: bytes
    body_hash: bytes
    now: datetime

    @property
    def place(self) -> str:
        """Where the sealed answer belongs."""
        return f"answer/{self.key_hash.hex()}"


class Command(Generic[P, T]):
    """An action with its transaction around it."""

    def __init__(self, work: Callable[P, Awaitable[T]]) -> None:
        self._work = work
        self.__doc__ = work.__doc__
        self.__name__ = work.__name__

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return await in_transaction(lambda: self._work(*args, **kwargs))

    async def once(self, key: OnceKey | None, *args: P.args, **kwargs: P.kwargs) -> T:
        """Like a plain call; under a key seen before the first answer, and no second effect.

        The answer is written in the command's own transaction: there is never an effect
        without its answer. Raises `idempotency_in_flight` (409) while the first still runs,
        `idempotency_key_reused` (422) for another body.
        """
        if key is None:
            return await self(*args, **kwargs)

        async def work(_: list[int]) -> list[T | Refusal]:
            return [await self._work(*args, **kwargs)]

        kind = get_type_hints(self._work)["return"]
        (result,) = await in_transaction(lambda: answer_once([key], work, kind))
        if isinstance(result, Refusal):
            raise result
        return result


async def answer_once(
    keys: Sequence[OnceKey | None],
    work: Callable[[list[int]], Awaitable[Sequence[T | Refusal]]],
    kind: Any,
) -> list[T | Refusal]:
    """Inside a transaction: the results of requests, each with or without a key.

    `work` does those whose indexes it is given and answers in their order; `kind` is the type
    of a result. A refused request had no effect and stores no answer.
    """
    hashes = {key.key_hash for key in keys if key is not None}
    free = await idempotency.try_lock(hashes) if hashes else set()
    known = await idempotency.find(free) if free else {}
    results: dict[int, T | Refusal] = {}
    for n, key in enumerate(keys):
        if key is None:
            continue
        if key.key_hash not in free:
            results[n] = refuse("idempotency_in_flight", kind="conflict")
        elif key.key_hash in known:
            results[n] = _repeat(key, known[key.key_hash], kind)
        free.discard(key.key_hash)  # a second request under the key in the same batch
    left = [n for n in range(len(keys)) if n not in results]
    answers = {}
    for n, result in zip(left, await work(left) if left else [], strict=True):
        results[n], key = result, keys[n]
        if key is not None and not isinstance(result, Refusal):
            # Sealed: answers hold names, and slips and keys that are shown only once.
            sealed = vault().seal(msgspec.json.encode(result), key.place)
            answers[key.key_hash] = idempotency.Answer(key.body_hash, sealed, key.now)
    await idempotency.save(answers)
    return [results[n] for n in range(len(keys))]


def _repeat(key: OnceKey, known: idempotency.Answer, kind: Any) -> Any:
    if known.body_hash != key.body_hash:
        return refuse("idempotency_key_reused", "Idempotency-Key")
    return msgspec.json.decode(vault().open(known.answer, key.place), type=kind)


def command(work: Callable[P, Awaitable[T]]) -> Command[P, T]:
    """Make a function a command. Inside, it may call helpers but no other command."""
    return Command(work)
