"""A command: one transaction, repeated when PostgreSQL asks, answered once per Idempotency-Key.

Every command leaves an entry in the audit trail, in its own transaction: what it did, by whom.
"""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Generic, ParamSpec, TypeVar, get_type_hints
from uuid import UUID

import msgspec

from volunteer_svc.actions import notes
from volunteer_svc.actions.notes import Notes
from volunteer_svc.domain.actor import Actor
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.domain.trail import Channel
from volunteer_svc.identity.vault import vault
from volunteer_svc.store import idempotency
from volunteer_svc.store.outbox import Trace
from volunteer_svc.store.transaction import in_transaction

P = ParamSpec("P")
T = TypeVar("T")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, when and from where: the only reading of the clock.

    `trace` follows into the events; `notes` is where the command says what it did. `session_id`:
    under which session; None for clients and jobs.
    """

    actor: Actor
    now: datetime
    trace: Trace = Trace()
    session_id: UUID | None = None
    channel: Channel = "inside"
    address: str | None = None
    notes: Notes = msgspec.field(default_factory=Notes)


class OnceKey(msgspec.Struct, frozen=True, kw_only=True):
    """A client's Idempotency-Key (hashed with the actor) and the hash of the body it came with."""

    key_hash: bytes
    body_hash: bytes
    now: datetime

    @property
    def place(self) -> str:
        """Where the sealed answer belongs."""
        return answer_place(self.key_hash)


def answer_place(key_hash: bytes) -> str:
    return f"answer/{key_hash.hex()}"


class Command(Generic[P, T]):
    """An action with its transaction around it. Its first argument is the call.

    `changes`: it changes something, and leaves an audit entry.
    """

    def __init__(self, work: Callable[P, Awaitable[T]], *, changes: bool) -> None:
        self._work = work
        self._subject = _subject_argument(work)
        self.changes = changes
        self.__doc__ = work.__doc__
        self.__name__ = work.__name__

    async def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return await in_transaction(lambda: self._noted(*args, **kwargs))

    async def _noted(self, *args: P.args, **kwargs: P.kwargs) -> T:
        call = args[0]
        if not isinstance(call, Call):
            raise TypeError(f"{self.__name__}: the first argument of a command is its call")
        call.notes.clear()
        if self._subject is not None:
            place, name = self._subject
            about = args[place] if place < len(args) else kwargs.get(name)
            call.notes.subject = f"{name.removesuffix('_id')}/{about}" if about else None
        result = await self._work(*args, **kwargs)
        await notes.write([(call, self.__name__.lstrip("_"), self.changes)])
        return result

    async def once(self, key: OnceKey | None, *args: P.args, **kwargs: P.kwargs) -> T:
        """Like a plain call; under a key seen before the first answer, and no second effect.

        The answer is written in the command's own transaction: there is never an effect
        without its answer. Raises `idempotency_in_flight` (409) while the first still runs,
        `idempotency_key_reused` (422) for another body.
        """
        if key is None:
            return await self(*args, **kwargs)

        async def work(_: list[int]) -> list[T | Refusal]:
            return [await self._noted(*args, **kwargs)]

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
    return Command(work, changes=True)


def reading(work: Callable[P, Awaitable[T]]) -> Command[P, T]:
    """Make a function a reading: a transaction that changes nothing but the access log."""
    return Command(work, changes=False)


def _subject_argument(work: Callable[..., Any]) -> tuple[int, str] | None:
    """Which argument names what the command is about: the first `<noun>_id` behind the call."""
    names = [
        parameter.name
        for parameter in inspect.signature(work).parameters.values()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    for place, name in enumerate(names):
        if name.endswith("_id"):
            return place, name
    return None
