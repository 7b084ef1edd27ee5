"""JetStream as a way: the same events under the same identity, in the same order, once."""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import nats
import pytest
from nats.js.client import JetStreamContext
from redis.asyncio import Redis

from tests.events.nats_server import NatsServer
from tests.events.test_relay import process
from tests.events.world import eventually, log, relaying, streamed, update, volunteers
from volunteer_svc.config import Config
from volunteer_svc.outbound.jetstream import SEQUENCE, STREAM, SUBJECTS, JetStream
from volunteer_svc.outbound.way import Away
from volunteer_svc.store import database as db
from volunteer_svc.store import event_log, relay_marks
from workers import epoch
from workers.relay import AnotherTimeline, append_once

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    server = NatsServer(tmp_path_factory.mktemp("nats"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def server(program: NatsServer) -> NatsServer:
    """Without the stream of the test before."""
    async with await nats.connect(program.url) as client:
        for stream in await client.jetstream().streams_info():
            await client.jetstream().delete_stream(stream.config.name)
    return program


@pytest.fixture
def config(database: Config, redis_url: str, server: NatsServer) -> Config:
    return msgspec.structs.replace(database, redis_url=redis_url, nats_servers=(server.url,))


@pytest.fixture
async def way(server: NatsServer) -> AsyncIterator[JetStream]:
    way = JetStream([server.url], 1_000_000, lambda: relay_marks.seq_of("jetstream"))
    yield way
    await way.close()


@pytest.fixture
async def js(server: NatsServer) -> AsyncIterator[JetStreamContext]:
    async with await nats.connect(server.url) as client:
        yield client.jetstream()


async def messages(js: JetStreamContext) -> list[Any]:
    """All messages of the stream, in order, as a platform would read them."""
    count = (await js.stream_info(STREAM)).state.messages
    reading = await js.subscribe(SUBJECTS, stream=STREAM, ordered_consumer=True)
    found = [await reading.next_msg(timeout=10) for _ in range(count)]
    await reading.unsubscribe()
    return found


async def assert_jetstream_is_log(js: JetStreamContext) -> None:
    found, bodies = await messages(js), await log()
    rows = await db.fetch("SELECT body FROM event_log ORDER BY seq")
    assert [one.data.decode() for one in found] == [row["body"] for row in rows]
    assert [int(one.headers[SEQUENCE]) for one in found] == list(range(1, len(bodies) + 1))
    assert [one.headers["Nats-Msg-Id"] for one in found] == [body["id"] for body in bodies]
    assert {one.subject for one in found} == {f"volunteer.events.{b['type']}" for b in bodies}


def arrived(server: NatsServer, count: int) -> Callable[[], Awaitable[bool]]:
    async def stands() -> bool:
        async with await nats.connect(server.url, allow_reconnect=False) as client:
            info = await client.jetstream().streams_info()
            return bool(info) and info[0].state.messages == count

    return stands


async def test_what_is_committed_arrives_under_its_id_and_number(
    config: Config, server: NatsServer, js: JetStreamContext, redis: Redis
) -> None:
    subjects = await volunteers(50)
    async with relaying(config):
        for _ in range(30):
            await update(subjects)
        await eventually(arrived(server, 1500))
        await streamed(redis, 1500)
    await assert_jetstream_is_log(js)


async def test_two_that_append_at_once_append_each_event_once(
    config: Config, server: NatsServer, way: JetStream, js: JetStreamContext
) -> None:
    subjects = await volunteers(50)
    second = JetStream([server.url], 1_000_000, lambda: relay_marks.seq_of("jetstream"))

    async def append(one: JetStream) -> None:
        with contextlib.suppress(Away):  # on a crowded machine; the relay goes on
            await append_once(one)

    async with asyncio.timeout(60), relaying(config):
        for _ in range(10):
            await update(subjects)
            await asyncio.gather(append(way), append(second))
        await eventually(arrived(server, 500), seconds=30)
    await second.close()
    await assert_jetstream_is_log(js)


async def test_no_cancellation_is_lost(database: Config, way: JetStream) -> None:
    """A relay that missed its end would go on for ever, and hold the lead."""
    await way.position()
    lost = 0
    for n in range(300):
        asking = asyncio.create_task(way.position())
        await asyncio.sleep(0)
        # Replies come after some turns of the loop; the end at each of them, too.
        for _ in range(n % 30):
            await asyncio.sleep(0)
        if asking.cancel():
            await asyncio.wait([asking])
            lost += not asking.cancelled()
    assert lost == 0


async def test_killed_servers_and_relays_lose_and_double_nothing(
    config: Config, server: NatsServer, redis: Redis, program: NatsServer
) -> None:
    subjects = await volunteers(100)
    with process(config) as leader, process(config):
        await update(subjects)
        await eventually(arrived(server, 100), seconds=20)
        for step in range(12):
            await update(subjects)
            if step == 3:
                program.kill()
            if step == 6:
                leader.kill()
            if step == 9:
                program.start()
        await streamed(redis, 1300)
        await eventually(arrived(server, 1300), seconds=20)
    async with await nats.connect(server.url) as client:
        await assert_jetstream_is_log(client.jetstream())


async def test_a_dead_server_holds_up_nothing_else(
    config: Config, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    dead = msgspec.structs.replace(config, nats_servers=("nats://user:secret@127.0.0.1:1",))
    async with relaying(dead):
        await update(await volunteers(20))
        await streamed(redis, 20)

        async def told() -> bool:
            return "stream_unreachable" in caplog.messages

        await eventually(told)
    assert "secret" not in caplog.text


async def test_an_emptied_stream_goes_on_where_it_was(
    config: Config, server: NatsServer, way: JetStream, js: JetStreamContext
) -> None:
    async with relaying(config):
        await update(await volunteers(20))
        await eventually(arrived(server, 20))

        async def marked() -> bool:
            return await relay_marks.seq_of("jetstream") == 20

        await eventually(marked)
    await js.purge_stream(STREAM)
    async with relaying(config):
        await update(await volunteers(5))
        await eventually(arrived(server, 5))
    assert [int(one.headers[SEQUENCE]) for one in await messages(js)] == [21, 22, 23, 24, 25]


async def test_a_stream_of_another_log_is_an_alarm_and_takes_nothing(
    config: Config, server: NatsServer, way: JetStream, js: JetStreamContext
) -> None:
    async with relaying(config):
        await update(await volunteers(20))
        await eventually(arrived(server, 20))
    await db.execute("DELETE FROM event_log WHERE seq > 10")
    await db.execute("UPDATE event_head SET last_seq = 10")
    with pytest.raises(AnotherTimeline, match="ahead_of_log"):
        await append_once(way)
    assert len(await messages(js)) == 20


async def test_after_a_rotation_numbers_go_on_above_and_the_source_is_another(
    config: Config, server: NatsServer, js: JetStreamContext, redis: Redis
) -> None:
    async with relaying(config):
        await update(await volunteers(3))
        await eventually(arrived(server, 3))
        await streamed(redis, 3)
    await redis.flushdb()  # so that JetStream alone knows
    await db.execute("DELETE FROM event_log WHERE seq > 1")
    await db.execute("UPDATE event_head SET last_seq = 1")
    head = await epoch.rotate(config)
    assert head.floor_seq == 3 + epoch.MARGIN + 1
    async with relaying(config):
        await update(await volunteers(2))
        await eventually(arrived(server, 5))
    bodies = [msgspec.json.decode(one.data) for one in await messages(js)]
    first = head.floor_seq
    assert [int(body["sequence"]) for body in bodies] == [1, 2, 3, first, first + 1]
    assert len({body["source"] for body in bodies}) == 2


async def test_a_stream_keeps_about_its_length(
    config: Config, server: NatsServer, js: JetStreamContext
) -> None:
    short = msgspec.structs.replace(config, stream_maxlen=100)
    async with relaying(short):
        await update(await volunteers(300))
        await eventually(arrived(server, 100))
    assert [int(one.headers[SEQUENCE]) for one in await messages(js)] == list(range(201, 301))


def test_without_the_client_the_setting_says_what_to_install() -> None:
    """In a process of its own, where the package cannot be imported."""
    script = (
        "import sys, asyncio; sys.modules['nats'] = None\n"
        "from volunteer_svc.config import Config; from workers import relay\n"
        "config = Config(redis_url='redis://127.0.0.1:1', nats_servers=('nats://127.0.0.1:1',))\n"
        "asyncio.run(relay.run(config, asyncio.Event()))"
    )
    command = [sys.executable, "-c", script]
    ended = subprocess.run(  # noqa: S603 - ours
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=20
    )
    assert "pip install 'volunteer-svc[nats]'" in ended.stderr


async def test_the_head_is_not_behind_what_left(config: Config, way: JetStream) -> None:
    assert (await way.position()).sequence == (await event_log.head()).last_seq == 0
