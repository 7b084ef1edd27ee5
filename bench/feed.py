"""Reading events again and as they come: the feed, the stream, 500 readers at once."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from uuid import uuid4

import asyncpg
import msgspec
from redis.asyncio import Redis

from bench import ground, sse_readers
from bench.figures import Figure
from bench.ground import Ground, say
from bench.quiet import Meter
from volunteer_svc.consumer import Feed, Position, batches
from volunteer_svc.identity.client_keys import hint, new_key
from volunteer_svc.identity.tokens import token_hash

_PER_SECOND = 500_000
"""Events in the log for each second of a round: a million in a round of two."""
_PAGE = 1_000
_READERS = 500
_BURST_PER_SECOND = 300
_PATIENCE_SECONDS = 120
# The texts are as the relay writes them.
_FILL = """
INSERT INTO event_log
SELECT n, gen_random_uuid(), 'service.recorded', 'volunteer/' || v.id, v.station_id, now(),
    '{"specversion":"1.0","id":"' || gen_random_uuid() || '","source":"/volunteer-svc/' || $1
    || '","type":"volunteer-svc.service.recorded.v1","subject":"volunteer/' || v.id
    || '","time":"2026-11-22T10:00:00.123456Z","datacontenttype":"application/json",'
    || '"dataschema":"urn:volunteer-svc:schema:service.recorded.v1","stationid":"' || v.station_id
    || '","sequence":"' || lpad(n::text, 20, '0') || '","partitionkey":"volunteer/' || v.id
    || '","subjectversion":' || n || ',"correlationid":"' || gen_random_uuid()
    || '","data":{"record_id":"' || gen_random_uuid() || '","volunteer_id":"' || v.id
    || '","station_id":"' || v.station_id || '","served_on":"2026-11-22","minutes":60,'
    || '"evidence":"staff","late":false,"counted_minutes":6000}}'
FROM generate_series($2::bigint + 1, $2 + $3::bigint) AS n
JOIN (SELECT id, station_id, row_number() OVER (ORDER BY id) - 1 AS place FROM volunteer
    LIMIT 1000) AS v ON v.place = n % 1000
"""


def measure(place: Ground, seconds: float) -> Iterator[Figure]:
    count = int(_PER_SECOND * seconds)
    key = asyncio.run(_key(place))
    after = asyncio.run(_fill(place, count))
    Meter.when_quiet()
    relayed = asyncio.run(_relayed(place, count))
    with ground.process(place, "web", "-m", "volunteer_svc", "serve") as web:
        ground.wait_until_listening(place.config.port, web)
        Meter.when_quiet()
        bare = asyncio.run(_bare(place, after, count))
        Meter.when_quiet()
        replayed = _replayed(place, key, after, count)
        say(f"  feed {replayed:.0f}/s, bare PostgreSQL {bare:.0f}/s")
        url = f"http://127.0.0.1:{place.config.port}"
        Meter.when_quiet()
        library = asyncio.run(_library(after, count, feed=Feed(url, key)))
        stream = asyncio.run(_library(after, count, redis_url=place.config.redis_url))
        say(f"  library: over the feed {library:.0f}/s, over the stream {stream:.0f}/s")
    yield Figure(name="feed_replay_per_second", ours=replayed, ceiling=bare, ours_at_least=20_000)
    yield Figure(name="feed_replay_parsed_by_the_library", ours=library, ceiling=replayed,
                 ours_at_least=20_000)  # fmt: skip
    yield Figure(name="log_to_stream_per_second", ours=relayed, ceiling=bare,
                 ours_at_least=20_000)  # fmt: skip
    yield Figure(name="stream_read_by_the_library", ours=stream, ceiling=relayed,
                 ours_at_least=20_000)  # fmt: skip
    yield from _readers(place, key, seconds)


async def _key(place: Ground) -> str:
    key, client = new_key(), uuid4()
    connection = await asyncpg.connect(place.config.database_url)
    await connection.execute(
        "INSERT INTO client (id, name, scopes, created_at) VALUES ($1, 'bench', $2, now())",
        client, ["events:read"],
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO client_key (key_hash, client_id, hint, created_at) VALUES ($1, $2, $3, now())",
        token_hash(key), client, hint(key),
    )  # fmt: skip
    await connection.close()
    return key


async def _fill(place: Ground, count: int) -> Position:
    """Put so many events into the log. Returns where they begin."""
    connection = await asyncpg.connect(place.config.database_url)
    head = await connection.fetchrow("SELECT epoch, last_seq FROM event_head")
    async with connection.transaction():
        await connection.execute(_FILL, head["epoch"], head["last_seq"], count)
        await connection.execute("UPDATE event_head SET last_seq = last_seq + $1", count)
    await connection.execute("VACUUM ANALYZE event_log")
    await connection.close()
    return Position(f"/volunteer-svc/{head['epoch']}", head["last_seq"])


async def _relayed(place: Ground, count: int) -> float:
    """Events a second from the log into an empty stream."""
    async with Redis.from_url(place.config.redis_url) as client:
        await client.delete("volunteer.events")
        with ground.process(place, "relay", "-m", "volunteer_svc", "relay"):
            first = 0
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not (first := await client.xlen("volunteer.events")):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                started = time.perf_counter()
                # As many as the stream holds.
                while (stands := await client.xlen("volunteer.events")) < count:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        return (stands - first) / (time.perf_counter() - started)


async def _bare(place: Ground, after: Position, count: int) -> float:
    """The same texts in the same pages, by the driver alone."""
    connection = await asyncpg.connect(place.config.database_url)
    started, at = time.perf_counter(), after.sequence
    while at < after.sequence + count:
        rows = await connection.fetch(
            "SELECT seq, body FROM event_log WHERE seq > $1 ORDER BY seq LIMIT $2", at, _PAGE
        )
        at = rows[-1]["seq"]
    await connection.close()
    return count / (time.perf_counter() - started)


def _replayed(place: Ground, key: str, after: Position, count: int) -> float:
    """Pages one after the other over one connection; bodies are received, not parsed."""
    connection = HTTPConnection("127.0.0.1", place.config.port)
    cursor, at, started = after.cursor, 0, time.perf_counter()
    while at < count:
        target = f"/v1/events?limit={_PAGE}&after={cursor}"
        connection.request("GET", target, headers={"Authorization": f"Bearer {key}"})
        body = connection.getresponse().read()
        rest = msgspec.json.decode(b"{" + body[body.rindex(b'"next":') :])
        cursor, before = rest["next"], at
        at = Position.at(cursor).sequence - after.sequence
        if at == before:
            raise RuntimeError("the feed does not go on")
    return count / (time.perf_counter() - started)


async def _library(
    after: Position, count: int, *, feed: Feed | None = None, redis_url: str | None = None
) -> float:
    started, until = time.perf_counter(), after.sequence + count
    async for batch in batches(after, feed=feed, redis_url=redis_url):
        if batch.position.sequence >= until:
            break
    return count / (time.perf_counter() - started)


def _readers(place: Ground, key: str, seconds: float) -> Iterator[Figure]:
    """500 streams on a service of its own: its memory when they have come, and behind a burst."""
    with (
        ground.process(place, "relay", "-m", "volunteer_svc", "relay"),
        ground.process(place, "web", "-m", "volunteer_svc", "serve") as web,
    ):
        ground.wait_until_listening(place.config.port, web)
        job = sse_readers.Job(port=place.config.port, key=key, readers=_READERS)
        with subprocess.Popen(
            [sys.executable, "-m", sse_readers.__name__], cwd=ground.ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as readers:  # fmt: skip
            assert readers.stdin  # noqa: S101 - for types
            assert readers.stdout  # noqa: S101
            readers.stdin.write(msgspec.json.encode(job) + b"\n")
            readers.stdin.flush()
            readers.stdout.readline()  # all have come
            memory = [ground.memory_mb(web)]
            count = int(_BURST_PER_SECOND * seconds * 2)
            started = time.perf_counter()
            for _ in range(4):
                asyncio.run(_written(place, count // 4))
                memory.append(ground.memory_mb(web))
            readers.stdin.write(str(count // 4 * 4).encode() + b"\n")
            readers.stdin.flush()
            readers.stdout.readline()  # each of them has each event
            took = time.perf_counter() - started
            memory.append(ground.memory_mb(web))
            readers.stdin.close()
    say(f"  {_READERS} readers: {count * _READERS / took:.0f} events/s out, MB {memory}")
    yield Figure(name="sse_500_readers_growth_mb", ours=max(memory) - memory[0] or 0.01,
                 ceiling=memory[0], at_most=30, unit="mb")  # fmt: skip
    yield Figure(name="sse_500_readers_memory_mb", ours=max(memory), ceiling=250, at_most=250)


async def _written(place: Ground, count: int) -> None:
    """Events through the outbox and the relay, at an even pace."""
    connection = await asyncpg.connect(place.config.database_url)
    for _ in range(count // 10):
        at = time.monotonic() + 10 / _BURST_PER_SECOND
        await connection.execute(
            "INSERT INTO outbox (event_id, name, subject, subject_version, happened_at, data)"
            " SELECT gen_random_uuid(), 'volunteer.updated', 'volunteer/' || n, 1, now(),"
            ' \'{"fields":["phone"]}\' FROM generate_series(1, 10) AS n'
        )
        await asyncio.sleep(at - time.monotonic())
    await connection.close()
