"""The consumer library against the real service: over the stream, over the feed, over both."""

import asyncio
from contextlib import AsyncExitStack, aclosing
from datetime import date, timedelta

import pytest

from tests.actions.world import hours, line, record
from tests.builders import active, client_key, staff, station
from tests.events.line import Line
from tests.events.world import eventually, numbered, relaying, streamed, update, volunteers
from tests.feed.conftest import listening
from tests.feed.test_feed import logged
from tests.feed.world import bodies, written
from volunteer_svc.consumer import (
    EpochChanged,
    Expired,
    Feed,
    FeedRefused,
    FeedUnreachable,
    Gap,
    Position,
    batches,
    following,
    stream,
)
from volunteer_svc.outbound.redis_stream import NAME, Stream
from volunteer_svc.store import database, event_log
from workers import epoch
from workers.relay import append_once

STAR = "volunteer-svc.star.promoted.v1"


@pytest.fixture
async def feed(address, key):
    async with Feed(address, key.token) as feed:
        yield feed


async def streamed_all(redis):
    """The stream as the relay leaves it."""
    while await append_once(Stream(redis, 1_000_000)):
        pass


async def read(after, until, **sources):
    """The events behind the position up to number `until`, and the positions on the way."""
    events, positions = [], [after]
    async with aclosing(batches(after, **sources)) as arriving:
        async for batch in arriving:
            events += batch.events
            positions.append(batch.position)
            if batch.position.sequence >= until:
                break
    numbers = [one.sequence for one in positions]
    assert (numbers, len(set(positions))) == (sorted(numbers), len(positions))
    return events


def sequences(events):
    return [event.sequence for event in events]


async def test_over_the_feed_alone_all_is_read_with_its_bytes(feed, sequencer):
    for _ in range(6):
        await written(sequencer, 250)
    events = await read(Position(), 1500, feed=feed)
    assert [event.raw.decode() for event in events] == await bodies()
    assert sequences(events) == list(range(1, 1501))
    half = events[700].position
    assert sequences(await read(half, 1500, feed=feed)) == list(range(702, 1501))


async def test_over_the_feed_what_comes_is_waited_for(feed, config):
    subjects = await volunteers(3)
    async with relaying(config):
        reading = asyncio.create_task(read(await feed.latest(), 9, feed=feed))
        for _ in range(3):
            await update(subjects)
        assert sequences(await reading) == list(range(1, 10))


async def test_a_hole_in_the_stream_is_filled_from_the_feed(feed, redis, redis_url, sequencer):
    for _ in range(3):
        await written(sequencer, 400)
    await streamed_all(redis)
    await redis.xdel(NAME, *(f"{n}-0" for n in (1, 2, 3, 600, 601, 1100)))
    with pytest.raises(Gap):
        await read(Position(), 1200, redis_url=redis_url)
    events = await read(Position(), 1200, feed=feed, redis_url=redis_url)
    assert [event.raw.decode() for event in events] == await bodies()


async def test_a_stream_that_nobody_appends_to_is_not_taken_for_silence(
    feed, redis, redis_url, sequencer, monkeypatch
):
    monkeypatch.setattr(stream, "_BLOCK_SECONDS", 1)
    monkeypatch.setattr(following, "_SILENCE_SECONDS", 0)
    await written(sequencer, 3)
    await streamed_all(redis)
    reading = asyncio.create_task(read(Position(), 6, feed=feed, redis_url=redis_url))

    async def waits():
        clients = await redis.client_list()
        return any(one["cmd"] == "xread" and "b" in one["flags"] for one in clients)

    await eventually(waits)
    await written(sequencer, 3)  # and nobody brings them to the stream
    assert sequences(await asyncio.wait_for(reading, 10)) == [1, 2, 3, 4, 5, 6]


async def test_while_redis_is_away_the_feed_goes_on(feed, redis, cuttable, config):
    subjects = await volunteers(5)
    async with relaying(config):
        reading = asyncio.create_task(read(Position(), 30, feed=feed, redis_url=cuttable.url))
        await update(subjects)
        await streamed(redis, 5)

        async def reads():
            clients = await redis.client_list()
            return any(one["cmd"] == "xread" and "b" in one["flags"] for one in clients)

        await eventually(reads)
        await cuttable.cut()
        for _ in range(3):
            await update(subjects)
        await numbered(20)
        await cuttable.join()
        for _ in range(2):
            await update(subjects)
        assert sequences(await reading) == list(range(1, 31))


@pytest.fixture
async def cuttable(redis_url, tmp_path):
    line = Line(redis_url, tmp_path)
    await line.join()
    yield line
    await line.cut()


async def test_while_the_service_is_away_it_is_asked_again(
    app_of_run, database, redis_url, sequencer, key, caplog
):
    await written(sequencer, 3)
    async with AsyncExitStack() as stack:
        async with listening(app_of_run) as url:
            feed = await stack.enter_async_context(Feed(url, key.token))
            assert sequences((await feed.read(Position())).events) == [1, 2, 3]
            reading = asyncio.create_task(read(await feed.latest(), 5, feed=feed))

            async def waits():
                return bool(app_of_run.state.tail._moved._waiters)

            await eventually(waits)

        async def notices():
            return "feed_unreachable" in caplog.messages

        await eventually(notices)
        async with listening(app_of_run, int(url.rpartition(":")[2])):
            await written(sequencer, 2)
            assert sequences(await reading) == [4, 5]


async def test_filters_hold_over_both_and_the_position_moves_on(
    address, key, redis, redis_url, sequencer
):
    await written(sequencer, 30)
    await logged(sequencer, "star.promoted")
    await written(sequencer, 30)
    await streamed_all(redis)
    async with Feed(address, key.token, types=[STAR]) as feed:
        for sources in ({"feed": feed}, {"feed": feed, "redis_url": redis_url}):
            assert sequences(await read(Position(), 61, **sources)) == [31]
        after = (await feed.read(Position(), limit=1)).next
        await written(sequencer, 20)
        await streamed_all(redis)
        assert await read(after, 81, feed=feed, redis_url=redis_url) == []


async def test_a_new_epoch_is_told_over_each_source(feed, redis, redis_url, sequencer, config):
    await written(sequencer, 5)
    await streamed_all(redis)
    stands = (await feed.read(Position())).next
    head = await epoch.rotate(config)
    for sources in ({"feed": feed}, {"feed": feed, "redis_url": redis_url}):
        with pytest.raises(EpochChanged) as raised:
            await read(stands, 10**9, **sources)
        assert raised.value.found == f"/volunteer-svc/{head.epoch}"
        assert raised.value.sequence == head.first_seq
    await written(sequencer, 2)
    await streamed_all(redis)
    with pytest.raises(EpochChanged):
        await read(stands, 10**9, redis_url=redis_url)
    fresh = await feed.latest()
    assert fresh.sequence == head.first_seq + 1


async def test_a_position_that_expired_is_told_with_where_events_begin(feed, sequencer):
    await written(sequencer, 10)
    stands = (await feed.read(Position(), limit=2)).next
    await database.execute("DELETE FROM event_log WHERE seq < 8")
    await database.execute("UPDATE event_head SET floor_seq = 8")
    with pytest.raises(Expired) as raised:
        await read(stands, 10, feed=feed)
    assert sequences(await read(raised.value.earliest, 10, feed=feed)) == [8, 9, 10]


async def test_what_trying_again_does_not_change_is_an_error(address, key, feed, sequencer):
    await written(sequencer, 1)
    stands = (await feed.read(Position())).next
    ahead = Position(stands.source, 99)
    for one, after, status, code in (
        (Feed(address, "vk_wrong"), Position(), 401, "sign_in_required"),
        (Feed(address, (await client_key("records:read")).token), Position(), 403, "forbidden"),
        (Feed(address, key.token, types=["x"]), Position(), 400, "event_type_unknown"),
        (Feed(address, key.token), ahead, 409, "cursor_ahead"),
    ):
        async with one:
            with pytest.raises(FeedRefused) as raised:
                await read(after, 10, feed=one)
            assert (raised.value.status, raised.value.code) == (status, code)
    async with Feed("http://127.0.0.1:9", "x") as nowhere:
        with pytest.raises(FeedUnreachable):
            await nowhere.read(Position())


async def test_a_reader_that_is_cancelled_leaves_no_thread_waiting(feed, sequencer):
    await written(sequencer, 1)
    waiting = asyncio.create_task(feed.read(await feed.latest(), wait_seconds=30))
    await eventually(lambda: is_waiting(feed))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert sequences((await feed.read(Position())).events) == [1]


async def is_waiting(feed):
    return feed._connection is not None and feed._thread._work_queue.qsize() == 0


async def test_a_snapshot_and_the_events_behind_it_make_the_state_of_the_database(
    feed, config, redis_url, monkeypatch
):
    """While hours are logged, people come and pages are turned; each event applied once."""
    monkeypatch.setattr("volunteer_svc.consumer.feed.LIMIT_MAX", 3)
    home = await station()
    worker = await staff("social_worker", home.id)
    people = [await active(home.id) for _ in range(6)]
    done = asyncio.Event()

    async def work():
        for day in range(12):
            since = date(2026, 1, 1) + timedelta(days=10 * day)
            await hours(worker, home.id, people[day % 6], 4_000, since)
            people.append(await active(home.id))
            await record(worker, home.id, line(people[-1], minutes=90))
        done.set()

    async with relaying(config):
        working = asyncio.create_task(work())
        state, after = {}, Position()
        async with aclosing(feed.snapshot()) as pages:
            async for page in pages:
                assert after in (Position(), page.after)
                after = page.after
                for one in page.volunteers:
                    state[one["volunteer_id"]] = take(one)
        await working
        until = 1
        while await database.fetch("SELECT FROM outbox LIMIT 1"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        until = (await event_log.head()).last_seq
        for event in await read(after, until, feed=feed, redis_url=redis_url):
            apply(state, event)
    rows = await database.fetch("SELECT id, counted_minutes, star, version FROM volunteer")
    assert len(rows) == 18
    assert state == {
        str(row["id"]): (row["counted_minutes"], row["star"], row["version"]) for row in rows
    }
    assert max(star for _, star, _ in state.values()) > 0


def take(one):
    return one["counted_minutes"], one["star"], one["subjectversion"]


def apply(state, event):
    """What a platform does with an event: nothing, unless it is newer than the row."""
    owner = event.data.get("volunteer_id")
    if owner is None:
        return
    minutes, star, version = state.get(owner, (0, 0, 0))
    if event.subject_version <= version:
        return
    assert event.subject_version == version + 1
    state[owner] = (
        event.data.get("counted_minutes", minutes), event.data.get("to_star", star),
        event.subject_version,
    )  # fmt: skip
