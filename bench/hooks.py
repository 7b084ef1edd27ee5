"""Webhooks: deliveries of one relay beside the bare client; one dead and one slow among twenty."""

import asyncio
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from uuid import UUID, uuid4

import asyncpg
import msgspec

from bench import ground, posting, receiving
from bench.figures import Figure
from bench.ground import Ground, say
from bench.quiet import Meter
from bench.receiving import Came
from volunteer_svc import clock, ids
from volunteer_svc.actions.endpoint_secrets import secret_place
from volunteer_svc.identity import vault

_PER_SECOND = 2_000
"""Events for each second of a round: more than are delivered in it."""
_AT_ONCE = (2, 4, 8, 16)
"""The bare client is measured with each; its best is the ceiling."""
_ENDPOINTS = 20
_PACE = 20
"""Events a second to each of the twenty."""
_PATIENCE_SECONDS = 60.0
_EVENTS = """
INSERT INTO outbox (event_id, name, subject, subject_version, station_id, happened_at, data)
SELECT gen_random_uuid(), 'volunteer.updated', 'volunteer/' || gen_random_uuid(), 1, NULL,
    clock_timestamp(), '{"volunteer_id":"' || gen_random_uuid() || '","fields":["phone"]}'
FROM generate_series(1, $1)
"""


def measure(place: Ground, seconds: float) -> Iterator[Figure]:
    """Rates of the better of two rounds; the latencies of one round each."""
    vault.load(place.config.key_file)
    port = ground.free_port()
    hanging = socket.create_server(("127.0.0.1", 0))
    with (
        closing(hanging),
        ground.process(place, "receiver", "-m", receiving.__name__, str(port)) as one,
    ):
        ground.wait_until_listening(port, one)
        ours = max(asyncio.run(_relayed(place, port, seconds)) for _ in range(2))
        bare = max(_bare(place, port, seconds, at_once) for at_once in _AT_ONCE)
        yield Figure(name="webhook_deliveries_per_s", ours=ours, ceiling=bare, at_least=0.5)
        fine = asyncio.run(_latency(place, [port] * _ENDPOINTS, seconds))
        bad = [ground.free_port(), hanging.getsockname()[1]]
        mixed = asyncio.run(_latency(place, [*bad, *[port] * (_ENDPOINTS - 2)], seconds))
        yield Figure(
            name="webhook_p99_ms_with_one_dead_one_slow",
            ours=mixed, ceiling=fine, at_most=2 * fine, unit="ms",
        )  # fmt: skip


async def _relayed(place: Ground, port: int, seconds: float) -> float:
    """Deliveries a second of one relay to one endpoint with everything waiting."""
    count = int(_PER_SECOND * seconds)
    connection = await asyncpg.connect(place.config.database_url)
    try:
        await _clear(connection)
        await _endpoint(connection, port, "paused")
        await connection.execute(_EVENTS, count)
        with _relay(place, port):
            await _until(lambda: _all_wait(connection, count))
            _came(port)
            meter = Meter.when_quiet()
            await connection.execute("UPDATE endpoint SET state = 'active'")
            await _until(lambda: _nothing_waits(connection))
        came = _came(port)
        rate = came.count / (came.last - came.first) * 1e9
        say(f"  {came.count} deliveries, {rate:.0f}/s; others {meter.others():.0%}")
        return rate
    finally:
        await connection.close()


def _bare(place: Ground, port: int, seconds: float, at_once: int) -> float:
    body = b'{"time":"2026-11-22T10:00:00.000000Z","data":"' + b"x" * 620 + b'"}'
    count = int(_PER_SECOND * seconds)
    _came(port)
    Meter.when_quiet()
    subprocess.run(
        [sys.executable, "-m", posting.__name__, f"http://127.0.0.1:{port}/", str(count),
         str(at_once)],
        input=body, check=True, cwd=ground.ROOT, env=place.command_env(),
    )  # fmt: skip
    came = _came(port)
    rate = came.count / (came.last - came.first) * 1e9
    say(f"  the bare client, {at_once} at once: {rate:.0f}/s")
    return rate


async def _latency(place: Ground, ports: list[int], seconds: float) -> float:
    """The 99th percentile, in milliseconds, from an event's time to its arrival where it does."""
    connection = await asyncpg.connect(place.config.database_url)
    try:
        await _clear(connection)
        for port in ports:
            await _endpoint(connection, port, "active")
        good = ports[-1]
        with _relay(place, *set(ports)):
            await connection.execute(_EVENTS, 20)  # the first ones find the relay starting
            await _until(lambda: _is_laid(connection))
            await asyncio.sleep(1)
            _came(good)
            Meter.when_quiet()
            for _ in range(int(2 * seconds * _PACE)):
                await connection.execute(_EVENTS, 1)
                await asyncio.sleep(1 / _PACE)
            await asyncio.sleep(1)
        latencies = sorted(_came(good).latencies)
        return latencies[len(latencies) * 99 // 100]
    finally:
        await connection.close()


@contextmanager
def _relay(place: Ground, *ports: int) -> Iterator[None]:
    settings = {
        "VOLUNTEER_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "VOLUNTEER_WEBHOOK_PORTS": ",".join(map(str, ports)),
        "VOLUNTEER_WEBHOOK_HTTP": "true",
    }
    with ground.process(place, "relay", "-m", "volunteer_svc", "relay", **settings):
        yield


async def _clear(connection: asyncpg.Connection) -> None:
    await connection.execute(
        "TRUNCATE outbox, lane, delivery_attempt, endpoint_secret, endpoint_health, endpoint"
    )
    await connection.execute("UPDATE fan_out SET fanned_seq = (SELECT last_seq FROM event_head)")


async def _endpoint(connection: asyncpg.Connection, port: int, state: str) -> None:
    endpoint_id, secret_id, now = uuid4(), uuid4(), clock.now()
    staff_id: UUID = await connection.fetchval("SELECT id FROM staff LIMIT 1")
    await connection.execute(
        "INSERT INTO endpoint VALUES ($1, NULL, $2, $3, '', '{}', '{}', false, 'pass', $4, NULL,"
        " $5, $5, 0, NULL, 0)",
        endpoint_id, staff_id, f"http://127.0.0.1:{port}/", state, now,
    )  # fmt: skip
    await connection.execute("INSERT INTO endpoint_health VALUES ($1, 0)", endpoint_id)
    sealed = vault.vault().seal(ids.webhook_secret(), secret_place(secret_id))
    await connection.execute(
        "INSERT INTO endpoint_secret VALUES ($1, $2, $3, $4)", secret_id, endpoint_id, sealed, now
    )


async def _all_wait(connection: asyncpg.Connection, count: int) -> bool:
    return bool(await connection.fetchval("SELECT count(*) = $1 FROM lane", count))


async def _nothing_waits(connection: asyncpg.Connection) -> bool:
    return not await connection.fetchval("SELECT EXISTS (SELECT FROM lane)")


async def _is_laid(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval(
        "SELECT fanned_seq = last_seq AND NOT EXISTS (SELECT FROM outbox) FROM fan_out, event_head"
    ))  # fmt: skip


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not await condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the relay does not deliver")
        await asyncio.sleep(0.1)


def _came(port: int) -> Came:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        return msgspec.json.decode(answer.read(), type=Came)
