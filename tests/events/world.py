"""What the tests of events need around them: subjects, transactions, readers, a relay."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

import msgspec
from redis.asyncio import Redis

from volunteer_svc import clock, ids
from volunteer_svc.config import Config
from volunteer_svc.domain.events import VolunteerUpdated
from volunteer_svc.outbound import redis_stream
from volunteer_svc.store import database, event_log, outbox
from volunteer_svc.store.outbox import Raised
from volunteer_svc.store.transaction import in_transaction
from workers import relay

RELAY = "volunteer_svc relay"
_END_SECONDS = 30
"""Of a relay that is told to stop: beyond it, it has missed that."""


async def a_station() -> UUID:
    station = ids.uuid7()
    await database.execute(
        "INSERT INTO station (id, code, name, kind, created_at, version, revision) "
        "VALUES ($1, $2, '站', 'station', now(), 0, 0)",
        station,
        str(station)[-32:],
    )
    return station


async def volunteers(count: int) -> list[UUID]:
    station = await a_station()
    made = sorted(ids.uuid7() for _ in range(count))
    await database.execute(
        "INSERT INTO volunteer (id, station_id, counted_minutes, star, ledger_seq, version, "
        "revision, created_at, rated_under)"
        " SELECT unnest($1::uuid[]), $2, 0, 0, 0, 0, 0, now(), 'jilin-2021'",
        made,
        station,
    )
    return made


async def update(subjects: Iterable[UUID], *, fail: bool = False, hold_seconds: float = 0) -> None:
    """One command that changes these volunteers; with `fail` it is rolled back at its end."""

    async def work() -> None:
        raised = []
        for subject in sorted(subjects):
            row = await database.fetch_row(
                "UPDATE volunteer SET version = version + 1 WHERE id = $1 "
                "RETURNING version, station_id",
                subject,
            )
            assert row
            event = VolunteerUpdated(
                volunteer_id=subject, station_id=row["station_id"], fields=("phone",)
            )
            raised.append(
                Raised(
                    event=event,
                    version=row["version"],
                    station_id=row["station_id"],
                    happened_at=clock.now(),
                )
            )
        await outbox.append(raised)
        await database.execute("SELECT pg_sleep($1)", hold_seconds)
        if fail:
            raise UndoneError

    with contextlib.suppress(UndoneError):
        await in_transaction(work)


class UndoneError(Exception):
    """Rolls back a command."""


async def log() -> list[dict[str, Any]]:
    """The bodies in the log, in order; each stands at its number."""
    rows = await database.fetch("SELECT seq, body FROM event_log ORDER BY seq")
    bodies = [msgspec.json.decode(row["body"]) for row in rows]
    assert [int(body["sequence"]) for body in bodies] == [row["seq"] for row in rows]
    return bodies


async def entries(redis: Redis) -> list[tuple[str, dict[str, str]]]:
    """Id and fields of each entry of the stream."""
    found = await redis.xrange(redis_stream.NAME)
    return [
        (key.decode(), {name.decode(): text.decode() for name, text in fields.items()})
        for key, fields in found
    ]


async def assert_stream_is_log(redis: Redis) -> None:
    rows = await database.fetch("SELECT seq, body FROM event_log ORDER BY seq")
    expected = [(f"{row['seq']}-0", row["body"]) for row in rows]
    assert [(key, fields["data"]) for key, fields in await entries(redis)] == expected
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))


async def eventually(condition: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)


async def streamed(redis: Redis, count: int, seconds: float = 10) -> None:
    """Wait until the stream stands at number `count`."""

    async def stands() -> bool:
        return (await redis_stream.Stream(redis, 1).position()).sequence == count

    await eventually(stands, seconds)


async def numbered(count: int) -> None:
    """Wait until the log stands at `count`."""

    async def stands() -> bool:
        return (await event_log.head()).last_seq == count

    await eventually(stands)


@contextlib.asynccontextmanager
async def relaying(config: Config) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.timeout(None) as end, asyncio.TaskGroup() as tasks:
        tasks.create_task(relay.run(config, stop))
        try:
            yield
        finally:
            stop.set()
            end.reschedule(asyncio.get_running_loop().time() + _END_SECONDS)
