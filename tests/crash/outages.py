"""What else goes wrong: after each the service is back by itself within ten seconds."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import msgspec
from redis.asyncio import Redis

from tests.crash.harness import BACK_SECONDS_MAX, Harness, until
from volunteer_svc import clock
from volunteer_svc.outbound import redis_stream

_CLIENTS = 8
_PACE_SECONDS = 0.02
_ANSWERS = 40
_NOTICED_SECONDS = 60.0
_CHUNK = bytes(1 << 20)


class Lengths(msgspec.Struct, frozen=True):
    """How long the outages last, in seconds."""

    stopped: float = 30.0
    valkey_gone: float = 60.0


Outage = Callable[[Harness, Lengths], Awaitable[None]]


async def suffer(run: Harness, name: str, outage: Outage, lengths: Lengths) -> None:
    """The outage under load, and how soon an entry reaches the reader after its end."""
    async with run.load(_CLIENTS, pace_seconds=_PACE_SECONDS):
        await run.clients.answered(_ANSWERS)
        await outage(run, lengths)
        seconds = await run.back()
        await run.clients.answered(_ANSWERS)
    run.say(f"{name}: back in {seconds:.1f} s")


async def postgres_restarted(run: Harness, _: Lengths) -> None:
    run.servers.postgres.stop()
    run.servers.postgres.is_held = False


async def connections_cut(run: Harness, _: Lengths) -> None:
    for _ in range(5):
        connection = await run.connect()
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        await connection.close()
        await run.clients.answered(_ANSWERS // 4)


async def disk_full(run: Harness, _: Lengths) -> None:
    """Until nothing is acknowledged any more; then somebody makes room."""
    assert run.servers.disk is not None
    balloon = run.servers.disk / "balloon"
    before = run.clients.statuses.copy()

    async def nobody_is_answered() -> bool:
        _fill(balloon)  # also what checkpoints give back
        acked = len(run.clients.acked)
        await asyncio.sleep(1)  # the measure itself: a second without an answer
        failed = (run.clients.statuses - before).total() - (run.clients.statuses - before)[200]
        return acked == len(run.clients.acked) and failed > 0

    try:
        await until(nobody_is_answered, _NOTICED_SECONDS, "the disk is full")
    finally:
        balloon.unlink()


def _fill(balloon: Path) -> None:
    with balloon.open("ab", buffering=0) as file:
        try:
            while file.write(_CHUNK):
                pass
        except OSError:
            return


async def valkey_flushed(run: Harness, _: Lengths) -> None:
    async with Redis.from_url(run.servers.redis_url) as redis:
        for _ in range(3):
            await redis.flushall()
            await run.clients.answered(_ANSWERS // 4)


async def valkey_out_of_memory(run: Harness, _: Lengths) -> None:
    """Entries are acknowledged all the same, while the stream stands still."""
    async with Redis.from_url(run.servers.redis_url) as redis:
        await redis.config_set("maxmemory", 1)
        try:
            stood_at = await redis_stream.Stream(redis, 1).position()
            await run.clients.answered(5 * _ANSWERS)
            stands_at = await redis_stream.Stream(redis, 1).position()
            # What was on its way when the memory ended may still have come.
            if stands_at.sequence > stood_at.sequence + _ANSWERS:
                run.clients.wrong["the stream grew without memory"] += 1
        finally:
            await redis.config_set("maxmemory", 0)


async def valkey_gone(run: Harness, lengths: Lengths) -> None:
    """Entries are acknowledged all the same."""
    run.servers.valkey.is_held = True
    run.servers.valkey.kill()
    run.kills += 1
    ends_at = time.monotonic() + lengths.valkey_gone
    while time.monotonic() < ends_at:
        await run.clients.answered(_ANSWERS)
    run.servers.valkey.is_held = False


async def two_relays(run: Harness, _: Lengths) -> None:
    """Three of them, and whichever leads is killed."""
    others = [run.service.also("relay") for _ in range(2)]
    await run.clients.answered(_ANSWERS)
    await run.kill("relay")
    await run.clients.answered(_ANSWERS)
    for other in others:
        other.kill()
        other.wait()
        run.kills += 1
        await run.clients.answered(_ANSWERS)


def stopped(name: str) -> Outage:
    """The process stands still, and goes on as if nothing had been."""

    async def outage(run: Harness, lengths: Lengths) -> None:
        processes = run.kept[name].family() if name in run.kept else [await run.supervised(name)]
        for process in processes:
            process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(lengths.stopped)  # the outage itself
        for process in processes:
            process.send_signal(signal.SIGCONT)

    return outage


async def clock_a_day_ahead(run: Harness, _: Lengths) -> None:
    await _restart(run, VOLUNTEER_CLOCK_START=(clock.now() + timedelta(days=1)).isoformat())


async def clock_back_again(run: Harness, _: Lengths) -> None:
    await _restart(run)


async def _restart(run: Harness, **settings: str) -> None:
    """Another clock needs another start, which has its time like every way back."""
    run.service.stop()
    started = time.monotonic()
    await run.service.start(**settings)
    seconds = time.monotonic() - started
    run.say(f"started anew in {seconds:.1f} s")
    if seconds > BACK_SECONDS_MAX:
        run.clients.wrong[f"ready after {seconds:.1f} s"] += 1


OUTAGES: dict[str, Outage] = {
    "PostgreSQL restarted": postgres_restarted,
    "its connections cut": connections_cut,
    "its disk full": disk_full,
    "Valkey flushed": valkey_flushed,
    "Valkey out of memory": valkey_out_of_memory,
    "Valkey gone": valkey_gone,
    "three relays, each killed": two_relays,
    "web stopped": stopped("serve"),
    "relay stopped": stopped("relay"),
    "worker stopped": stopped("work"),
    "PostgreSQL stopped": stopped("postgres"),
    "Valkey stopped": stopped("valkey"),
    "reader stopped": stopped("reader"),
    "clock a day ahead": clock_a_day_ahead,
    "clock back again": clock_back_again,
}
