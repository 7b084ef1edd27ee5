"""Clerks over HTTP: each retries an entry under its Idempotency-Key until it has an answer."""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import msgspec

from tests.crash.world import World

ANSWER_SECONDS_MAX = 150.0
"""Longer than any outage: an entry without an answer by then is a failure."""
_TRY_SECONDS = 8.0
_PAUSE_SECONDS = 0.1
_ABANDONED_OF = 20
_REPEATED_OF = 20


class Clients:
    """What was sent and what was answered."""

    def __init__(self, url: str, world: World, seed: int = 0) -> None:
        self.acked: dict[str, str] = {}
        """Record id by the entry's own reference."""
        self.abandoned: set[str] = set()
        """Sent once, the answer not waited for."""
        self.statuses: Counter[int] = Counter()
        self.wrong: Counter[str] = Counter()
        self._url = f"{url}/v1/service-records/"
        self._world = world
        self.slots = itertools.count()
        self._chance = random.Random(seed)  # noqa: S311 - which requests are cut, not a secret
        self._stopping = False

    @asynccontextmanager
    async def logging(self, count: int, *, pace_seconds: float = 0.0) -> AsyncIterator[None]:
        """`count` clients log hours for the length of the context; at its end all are answered."""
        self._stopping = False
        limits = httpx.Limits(max_connections=count * 2)
        async with httpx.AsyncClient(timeout=_TRY_SECONDS, limits=limits) as http:
            tasks = [asyncio.create_task(self._log(http, pace_seconds)) for _ in range(count)]
            try:
                yield
                self._stopping = True
                await asyncio.gather(*tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def one(self) -> str:
        """Log one entry whatever comes; its record's id."""
        async with httpx.AsyncClient(timeout=_TRY_SECONDS) as http:
            slot = next(self.slots)
            return await self._until_answered(http, f"entry-{slot}", self.body(slot))

    async def answered(self, more: int, seconds: float = ANSWER_SECONDS_MAX) -> None:
        """Wait until that many more entries are acknowledged."""
        goal = len(self.acked) + more
        async with asyncio.timeout(seconds):
            while len(self.acked) < goal:  # noqa: ASYNC110 - many tasks count
                await asyncio.sleep(0.01)

    async def _log(self, http: httpx.AsyncClient, pace_seconds: float) -> None:
        while not self._stopping:
            slot = next(self.slots)
            key, body = f"entry-{slot}", self.body(slot)
            if self._chance.randrange(_ABANDONED_OF) == 0:
                await self._abandon(http, key, body)
                continue
            record_id = await self._until_answered(http, key, body)
            if self._chance.randrange(_REPEATED_OF) == 0:
                again = await self._until_answered(http, key, body)
                if again != record_id:
                    self.wrong["a repeat was answered with another record"] += 1
            await asyncio.sleep(pace_seconds)

    async def _abandon(self, http: httpx.AsyncClient, key: str, body: bytes) -> None:
        """Send and hang up at some moment; nobody will ask again."""
        self.abandoned.add(key)
        try:
            async with asyncio.timeout(self._chance.random() * 0.05):
                await self.post(http, key, body)
        except (TimeoutError, httpx.TransportError):
            pass

    async def _until_answered(self, http: httpx.AsyncClient, key: str, body: bytes) -> str:
        deadline = time.monotonic() + ANSWER_SECONDS_MAX
        while time.monotonic() < deadline:
            try:
                answer = await self.post(http, key, body)
            except httpx.TransportError:
                self.statuses[0] += 1
            else:
                self.statuses[answer.status_code] += 1
                if answer.status_code == httpx.codes.OK:
                    (outcome,) = answer.json()["outcomes"]
                    if outcome["outcome"] != "counted":
                        self.wrong[f"an entry became {outcome['outcome']}"] += 1
                    return self.acked.setdefault(key, str(outcome["record_id"]))
                if answer.status_code not in (409, 503):
                    self.wrong[said(answer)] += 1
            await asyncio.sleep(_PAUSE_SECONDS)  # a client's patience, not a wait for a condition
        raise AssertionError(f"{key} has no answer after {ANSWER_SECONDS_MAX} s")

    async def post(self, http: httpx.AsyncClient, key: str, body: bytes) -> httpx.Response:
        return await http.post(
            self._url,
            content=body,
            headers={
                "Authorization": f"Bearer {self._world.token}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
            },
        )

    def body(self, *slots: int) -> bytes:
        """A sheet of these entries."""
        entries = [self._world.line(slot) for slot in slots]
        sheet = {"station_id": str(self._world.station_id), "entries": entries}
        return msgspec.json.encode(sheet)


def said(answer: httpx.Response) -> str:
    """Status and code of an answer that should not have been."""
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return f"answered {answer.status_code} {answer.json()['code'] if is_problem else answer.text}"
