"""A command: one transaction, repeated when PostgreSQL asks, answered once per Idempotency-Key."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Generic, ParamSpec, TypeVar, get_type_hints

import msgspec

from volunteer_svc.domain.actor import Actor
from volunteer_svc.domain.errors import refuse
from volunteer_svc.identity.vault import vault
from volunteer_svc.store import idempotency
from volunteer_svc.store.outbox import Trace
from volunteer_svc.store.transaction import in_transaction

P = ParamSpec("P")
T = TypeVar("T")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, and when: the only reading of the clock. `trace` follows into the events."""

    actor: Actor
    now: datetime
    trace: Trace = Trace()


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

        async def work() -> T:
            if not await idempotency.try_lock(key.key_hash):
                raise refuse("idempotency_in_flight", kind="conflict")
            known = await idempotency.find(key.key_hash)
            if known is None:
                result = await self._work(*args, **kwargs)
                # Sealed: answers hold names, and slips and keys that are shown only once.
                sealed = vault().seal(msgspec.json.encode(result), key.place)
                answer = idempotency.Answer(key.body_hash, sealed)
                await idempotency.save(key.key_hash, answer, key.now)
                return result
            if known.body_hash != key.body_hash:
                raise refuse("idempotency_key_reused", "Idempotency-Key")
            result_type: Any = get_type_hints(self._work)["return"]
            answered = vault().open(known.answer, key.place)
            return msgspec.json.decode(answered, type=result_type)  # type: ignore[no-any-return]

        return await in_transaction(work)


def command(work: Callable[P, Awaitable[T]]) -> Command[P, T]:
    """Make a function a command. Inside, it may call helpers but no other command."""
    return Command(work)
