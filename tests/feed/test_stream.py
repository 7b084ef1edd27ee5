"""Server-sent events: the feed as it comes; cut off anywhere, resumed without loss or doubling."""

import asyncio
import json
import time
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.builders import client_key
from tests.events.world import eventually
from tests.feed.conftest import listening
from tests.feed.test_feed import logged
from tests.feed.world import STREAM, Reader, bodies, numbers, written
from volunteer_svc.api import sse
from volunteer_svc.domain.cursor import Place, cursor_of, place_of
from volunteer_svc.store import database as database_of_events
from workers import epoch

STAR = "volunteer-svc.star.promoted.v1"


async def test_frames_hold_the_bytes_of_the_log_and_their_cursors(reader, sequencer):
    await written(sequencer, 3)
    async with reader.frames(after="earliest") as frames:
        found = await numbers(frames, 3)
        await written(sequencer, 250)
        found += await numbers(frames, 253)
    assert [frame.data for frame in found] == await bodies()
    assert [place_of(frame.id).sequence for frame in found] == list(range(1, 254))
    for frame in (found[0], found[100]):
        later = await reader.all(after=frame.id)
        assert later == list(range(frame.sequence + 1, 254))


async def test_without_a_cursor_it_begins_at_the_head_and_says_where(reader, sequencer):
    await written(sequencer, 3)
    async with reader.frames() as frames:
        opening = await anext(frames)
        assert (opening.data, place_of(opening.id).sequence) == (None, 3)
        assert opening.retry
        await written(sequencer, 1)
        assert [frame.sequence for frame in await numbers(frames, 4)] == [4]


async def test_cut_off_again_and_again_it_resumes_without_loss_or_doubling(reader, sequencer):
    await written(sequencer, 50)
    found, last = [], None
    while len(found) < 400:
        async with reader.frames(last=last, after="earliest") as frames:
            upto = min(400, len(found) + 37)
            while (await event_head()) < upto:
                await written(sequencer, 50)
            for frame in await numbers(frames, upto):
                found.append(frame.sequence)
                last = frame.id
                if len(found) == upto:
                    break
    assert found == list(range(1, 401))


async def event_head():
    return (await database_of_events.fetch("SELECT last_seq FROM event_head"))[0]["last_seq"]


async def test_a_filter_holds_for_the_stream(reader, sequencer):
    async with reader.frames(after="earliest", type=STAR) as frames:
        await written(sequencer, 20)
        await logged(sequencer, "star.promoted")
        await written(sequencer, 20)
        await logged(sequencer, "star.promoted")
        assert [frame.sequence for frame in await numbers(frames, 42)] == [21, 42]


async def test_what_the_filter_hides_moves_the_cursor_and_silence_is_broken(
    reader, sequencer, monkeypatch
):
    monkeypatch.setattr(sse, "HEARTBEAT_SECONDS", 0.3)
    async with reader.frames(after="earliest", type=STAR) as frames:
        await anext(frames)
        quiet = await anext(frames)
        assert (quiet.comment, quiet.id, quiet.data) == (True, None, None)
        await written(sequencer, 20)
        while (frame := await anext(frames)).id is None:
            assert frame.comment
        assert (frame.data, place_of(frame.id).sequence) == (None, 20)
    assert await reader.all(after=frame.id) == []


async def test_it_closes_after_a_while_and_goes_on_where_it_was(reader, sequencer, monkeypatch):
    monkeypatch.setattr(sse, "OPEN_SECONDS", 0.3)
    await written(sequencer, 5)
    async with reader.frames(after="earliest") as frames:
        found = [frame async for frame in frames]
    assert found[-1].sequence == 5
    async with reader.frames(last=found[-1].id) as frames:
        assert [frame async for frame in frames if frame.data] == []


async def test_errors_come_before_the_stream_as_problems(reader, sequencer, config, address):
    await written(sequencer, 3)
    info = (await reader.get("/v1/events/info")).json()
    ahead = cursor_of(Place(info["epoch"], 9))
    for headers, params, status, code in (
        ({}, {"after": "x"}, 400, "cursor_malformed"),
        ({"Last-Event-ID": "x"}, {"after": "earliest"}, 400, "cursor_malformed"),
        ({}, {"after": ahead}, 409, "cursor_ahead"),
        ({}, {"after": cursor_of(Place("20200101-00000000", 1))}, 410, "log_replaced"),
        ({}, {"type": "x"}, 400, "event_type_unknown"),
    ):
        answer = await reader.http.get(STREAM, params=params, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
    async with httpx.AsyncClient(base_url=address) as nobody:
        assert (await nobody.get(STREAM)).status_code == 401
        other = await client_key("records:read")
        assert (await nobody.get(STREAM, headers=other.auth)).status_code == 403


async def test_a_log_that_is_replaced_ends_the_stream_and_says_so_on_return(
    reader, sequencer, config
):
    await written(sequencer, 3)
    async with reader.frames(after="earliest") as frames:
        last = (await numbers(frames, 3))[-1]
        await epoch.rotate(config)
        assert [frame async for frame in frames if frame.data] == []
    answer = await reader.http.get(STREAM, headers={"Last-Event-ID": last.id})
    assert (answer.status_code, answer.json()["code"]) == (410, "log_replaced")


async def test_the_end_of_the_process_ends_streams_at_once_also_unread_ones(
    app_of_run, database, redis_url, sequencer
):
    """Who takes nothing of what he is sent holds nobody up."""
    await update_a_lot(sequencer)
    key = await client_key("events:read")
    async with AsyncExitStack() as clients:
        async with listening(app_of_run) as url:
            http = await clients.enter_async_context(
                httpx.AsyncClient(base_url=url, headers=key.auth, timeout=30)
            )
            frames = await clients.enter_async_context(Reader(http).frames())
            await anext(frames)
            _, writer = await asyncio.open_connection("127.0.0.1", int(url.split(":")[2]), limit=64)
            clients.callback(writer.close)
            writer.write(
                f"GET {STREAM}?after=earliest HTTP/1.1\r\nHost: x\r\n"
                f"Authorization: {key.auth['Authorization']}\r\n\r\n".encode()
            )
            tail = app_of_run.state.tail

            async def is_stalled():
                return tail.streams == 2 and bool(tail._moved._waiters)

            await eventually(is_stalled)
            reading = asyncio.create_task(ended(frames))
            waiting = asyncio.create_task(Reader(http).page(after="latest", wait=30))

            async def all_wait():
                return len(tail._moved._waiters) == 2

            await eventually(all_wait)
            started = time.monotonic()
        assert time.monotonic() - started < 10  # far less than the 30 that is waited for
        assert await reading
        assert (await waiting)["events"] == []


async def update_a_lot(sequencer):
    """More than the buffers on a connection's way hold."""
    await written(sequencer, 10)
    await database_of_events.execute(
        "INSERT INTO event_log SELECT seq + n * 10, gen_random_uuid(), name, subject, station_id,"
        " happened_at, body FROM event_log, generate_series(1, 999) AS n;"
    )
    await database_of_events.execute("UPDATE event_head SET last_seq = 10000")


async def ended(frames):
    """Whether it ends in order."""
    return [frame async for frame in frames if frame.data] == []


async def test_more_streams_than_a_process_takes_are_told_to_come_again(reader, monkeypatch):
    monkeypatch.setattr(sse, "STREAMS_MAX", 1)
    async with reader.frames() as frames:
        await anext(frames)
        answer = await reader.http.get(STREAM)
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert answer.headers["retry-after"]


async def test_a_reader_who_leaves_is_forgotten(reader, app_of_run, sequencer):
    async with reader.frames() as frames:
        await anext(frames)
        assert app_of_run.state.tail.streams == 1

    async def forgotten():
        return app_of_run.state.tail.streams == 0

    await eventually(forgotten)


@pytest.mark.parametrize("last", ["earliest", "latest"])
async def test_the_last_event_id_may_be_a_word_too(reader, sequencer, last):
    await written(sequencer, 1)
    async with reader.frames(last=last) as frames:
        opening = await anext(frames)
    assert place_of(opening.id).sequence == (0 if last == "earliest" else 1)
    assert json.loads((await bodies())[0])["sequence"].endswith("1")
