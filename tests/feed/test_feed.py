"""GET /v1/events: dense, in order, through filters, from every cursor there is."""

import asyncio
import json
import time
from datetime import timedelta

import httpx
import pytest

from tests.builders import NOW, call, client_key, staff
from tests.events.world import a_station, eventually, log, relaying, update, volunteers
from tests.feed.world import Reader, bodies, written
from volunteer_svc import ids
from volunteer_svc.actions.event_retention import forget_events
from volunteer_svc.domain.cursor import Place, cursor_of, place_of
from volunteer_svc.store import database, event_feed, event_log
from volunteer_svc.store.transaction import Transaction
from workers import epoch


async def logged(sequencer, name="volunteer.updated", *, subject=None, station_id=None, on=NOW):
    """An event put into the log as it is."""
    await database.execute(
        "INSERT INTO outbox (event_id, name, subject, subject_version, station_id, happened_at,"
        " data) VALUES ($1, $2, $3, 1, $4, $5, '{}')",
        ids.uuid7(), name, subject or f"volunteer/{ids.uuid7()}", station_id, on,
    )  # fmt: skip
    await event_log.move(sequencer, 1000)


def numbers(page):
    return [int(event["sequence"]) for event in page["events"]]


async def test_a_page_holds_the_very_bytes_of_the_log(reader, sequencer):
    await written(sequencer, 30)
    answer = await reader.get(limit=20)
    assert answer.content.startswith(
        b'{"events":[' + ",".join((await bodies())[:20]).encode() + b'],"next":"'
    )
    page = answer.json()
    assert numbers(page) == list(range(1, 21))
    assert page["has_more"] is True
    page = await reader.page(after=page["next"])
    assert (numbers(page), page["has_more"]) == (list(range(21, 31)), False)
    assert page["next"] == page["head"]
    assert (await reader.page(after=page["next"]))["events"] == []


async def test_what_is_to_come_is_read_from_latest_on(reader, sequencer):
    await written(sequencer, 3)
    page = await reader.page(after="latest")
    assert page["events"] == []
    await written(sequencer, 2)
    assert numbers(await reader.page(after=page["next"])) == [4, 5]


async def test_readers_see_every_number_once_while_writers_race_and_relays_die(reader, config):
    subjects, count = await volunteers(40), 1_200

    async def write(n):
        for i in range(count // 8 // 4):
            chosen = [subjects[(n * 5 + i * 7 + k * 11) % 40] for k in range(4)]
            await update(set(chosen), fail=i % 13 == 5, hold_seconds=0.001 * (n % 3))

    async def read(**params):
        found, after, over = [], "earliest", False
        while not over:
            last = done.is_set()  # asked before the page: it holds what was written until then
            page = await reader.page(after=after, **params)
            found += numbers(page)
            after, over = page["next"], last and not page["has_more"]
        return found

    async def relay():
        while not done.is_set():
            async with relaying(config):
                await asyncio.wait({stopped}, timeout=0.25)

    done = asyncio.Event()
    stopped = asyncio.create_task(done.wait())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(relay())
        reading = [tasks.create_task(read(limit=37)), tasks.create_task(read(wait=1))]
        async with asyncio.TaskGroup() as writers:
            for n in range(8):
                writers.create_task(write(n))
        while await database.fetch("SELECT FROM outbox LIMIT 1"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        done.set()
    everything = [int(event["sequence"]) for event in await log()]
    assert len(everything) > 500
    assert everything == list(range(1, len(everything) + 1))
    for one in reading:
        assert one.result() == everything


async def test_a_filter_takes_each_of_its_values_and_next_passes_what_it_drops(reader, sequencer):
    here, there = await a_station(), await a_station()
    for name, subject, station in (
        ("star.promoted", "volunteer/a", here),
        ("star.revoked", "volunteer/a", there),
        ("star.promoted", "volunteer/b", there),
        ("volunteer.updated", "volunteer/b", None),
    ):
        await logged(sequencer, name, subject=subject, station_id=station)
    stars = ["volunteer-svc.star.promoted.v1", "volunteer-svc.star.revoked.v1"]
    for params, expected in (
        ({"type": stars[0]}, [1, 3]),
        ({"type": stars}, [1, 2, 3]),
        ({"subject": "volunteer/a"}, [1, 2]),
        ({"subject": ["volunteer/a", "volunteer/b"]}, [1, 2, 3, 4]),
        ({"station": str(there)}, [2, 3]),
        ({"station": [str(here), str(there)], "type": stars[0]}, [1, 3]),
        ({"type": stars[1], "subject": "volunteer/b"}, []),
    ):
        page = await reader.page(**params)
        assert (numbers(page), page["next"]) == (expected, page["head"]), params
        assert await reader.all(limit=1, **params) == expected, params


async def test_a_page_that_drops_all_it_looked_at_still_goes_on(reader, sequencer, monkeypatch):
    monkeypatch.setattr(event_feed, "LOOKED_AT_MAX", 10)
    await written(sequencer, 25)
    await logged(sequencer, "star.promoted")
    page = await reader.page(type="volunteer-svc.star.promoted.v1")
    assert (page["events"], page["has_more"]) == ([], True)
    assert place_of(page["next"]).sequence == 10
    assert await reader.all(type="volunteer-svc.star.promoted.v1") == [26]


async def test_complaints_are_shown_to_readers_with_their_scope_only(reader, address, sequencer):
    await logged(sequencer, "complaint.opened", subject="complaint/1")
    await logged(sequencer)
    assert await reader.all() == [2]
    refused = await reader.get(type="volunteer-svc.complaint.opened.v1")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    keys = [await client_key("events:read", "events:sensitive"), await staff("county")]
    for key in keys:
        async with httpx.AsyncClient(base_url=address, headers=key.auth) as http:
            assert await Reader(http).all() == [1, 2]
    alone = await client_key("events:sensitive")
    assert (await reader.http.get("/v1/events", headers=alone.auth)).status_code == 403


async def test_who_waits_is_answered_as_soon_as_an_event_passes(reader, sequencer):
    waiting = asyncio.create_task(
        reader.page(after="latest", wait=30, type="volunteer-svc.star.promoted.v1")
    )
    await eventually(is_followed)
    await written(sequencer, 3)
    started = time.monotonic()
    await logged(sequencer, "star.promoted")
    assert numbers(await waiting) == [4]
    assert time.monotonic() - started < 10  # far less than the 30 that is waited for


async def is_followed():
    rows = await database.fetch(
        "SELECT FROM pg_stat_activity WHERE application_name = 'volunteer_svc bell'"
        " AND datname = current_database()"
    )
    return bool(rows)


async def test_who_waits_in_vain_gets_an_empty_page_and_where_to_go_on(reader, sequencer):
    await written(sequencer, 2)
    page = await reader.page(after="latest", wait=1)
    assert (page["events"], page["has_more"], place_of(page["next"]).sequence) == ([], False, 2)


async def test_many_who_wait_ask_postgresql_once(reader, sequencer, app_of_run):
    waiting = [asyncio.create_task(reader.page(after="latest", wait=20)) for _ in range(60)]

    async def all_wait():
        return len(app_of_run.state.tail._moved._waiters) == 60

    await eventually(all_wait)
    calls = 0
    read = event_feed.read

    async def counting(*args):
        nonlocal calls
        calls += 1
        return await read(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_feed, "read", counting)
        await written(sequencer, 1)
        pages = await asyncio.gather(*waiting)
    assert [numbers(page) for page in pages] == [[1]] * 60
    assert calls <= 5


MALFORMED = ["", "x", "0", "earliest ", "LATEST", "-1", "AAAA", "é", "a" * 129, "%00", "null"]


async def refused(reader, after):
    answer = await reader.get(after=after)
    return answer.status_code, answer.json()["code"], answer.json()


async def test_a_cursor_that_is_none_is_refused_as_malformed(reader, sequencer):
    await written(sequencer, 1)
    good = (await reader.page())["next"]
    for text in [*MALFORMED, good[:-1], good + "A", good + "=", good.swapcase(), f" {good}"]:
        status, code, problem = await refused(reader, text)
        assert (status, code) == (400, "cursor_malformed"), text
        assert problem["errors"][0]["field"] == "after"


async def test_a_cursor_behind_the_head_is_ahead_and_told_where_the_head_is(reader, sequencer):
    await written(sequencer, 5)
    info = (await reader.get("/v1/events/info")).json()
    status, code, problem = await refused(reader, cursor_of(Place(info["epoch"], 6)))
    assert (status, code) == (409, "cursor_ahead")
    assert problem["head"] == info["head"]
    status, code, _ = await refused(reader, cursor_of(Place(info["epoch"], 2**63 - 1)))
    assert (status, code) == (409, "cursor_ahead")


async def test_a_cursor_of_another_log_is_told_so_with_what_to_do(reader, sequencer, config):
    await written(sequencer, 5)
    page = await reader.page(limit=3)
    for foreign in (cursor_of(Place("20200101-0badcafe", 3)), cursor_of(Place("x", 0))):
        status, code, problem = await refused(reader, foreign)
        assert (status, code) == (410, "log_replaced")
        assert problem["snapshot"] == "/v1/volunteers/snapshot"
    head = await epoch.rotate(config)
    status, code, problem = await refused(reader, page["next"])
    assert (status, code) == (410, "log_replaced")
    assert place_of(problem["earliest"]) == Place(head.epoch, head.first_seq - 1)
    await written(sequencer, 2)
    assert await reader.all(after=problem["earliest"]) == [head.first_seq, head.first_seq + 1]
    info = (await reader.get("/v1/events/info")).json()
    assert info["first_sequence"] == info["floor_sequence"] == head.first_seq > 10_000_000


async def test_who_waits_while_the_log_is_replaced_is_told(reader, config):
    waiting = asyncio.create_task(reader.get(after="latest", wait=30))
    await eventually(is_followed)
    await epoch.rotate(config)
    answer = await waiting
    assert (answer.status_code, answer.json()["code"]) == (410, "log_replaced")


async def test_what_retention_dropped_is_gone_and_the_rest_is_dense(reader, sequencer):
    for n in range(6):
        await logged(sequencer, on=NOW - timedelta(days=100 - 2 * n))
    first = (await reader.page(limit=1))["next"]
    assert (await forget_events(call(), 95)).floor_seq == 4
    assert await forget_events(call(), 95) is None
    assert await reader.all() == [4, 5, 6]
    status, code, problem = await refused(reader, first)
    assert (status, code) == (410, "cursor_expired")
    assert await reader.all(after=problem["earliest"]) == [4, 5, 6]
    third = cursor_of(Place(place_of(first).epoch, 3))
    assert await reader.all(after=third) == [4, 5, 6]
    assert (await forget_events(call(now=NOW + timedelta(days=1000)), 95)).floor_seq == 7
    assert await reader.all() == []
    await logged(sequencer)
    assert await reader.all() == [7]


async def test_what_is_older_but_stands_behind_something_younger_is_kept(reader, sequencer):
    for days in (100, 1, 100):
        await logged(sequencer, on=NOW - timedelta(days=days))
    assert (await forget_events(call(), 90)).floor_seq == 2
    assert await reader.all() == [2, 3]


async def test_readers_never_see_a_hole_while_retention_drops_what_they_read(reader, sequencer):
    for _ in range(3):
        await written(sequencer, 200)
    done = asyncio.Event()

    async def read():
        while not done.is_set():
            after, more = "earliest", True
            while more:
                answer = await reader.get(after=after, limit=20)
                if answer.status_code == 410:
                    assert answer.json()["code"] == "cursor_expired"
                    break
                page = answer.json()
                found = numbers(page)
                if found and after != "earliest":
                    assert found[0] == place_of(after).sequence + 1
                assert found == list(range(found[0], found[0] + len(found))) if found else True
                after, more = page["next"], page["has_more"]

    reading = asyncio.create_task(read())
    late = NOW + timedelta(days=1000)

    async def drop():
        async with Transaction():  # as the command does: events and floor go together
            return await event_log.forget(late, 7)

    while not reading.done() and await drop():
        pass
    done.set()
    await reading
    assert await reader.all() == []


BAD = [
    {"limit": 0}, {"limit": 1001}, {"limit": "x"}, {"wait": -1}, {"wait": 31}, {"wait": "NaN"},
    {"type": "star.promoted"}, {"type": "volunteer-svc.no.such.v1"}, {"type": ""},
    {"type": "x" * 5000}, {"subject": "x"}, {"subject": "volunteer/" + "a" * 80},
    {"subject": "volunteer/'; drop table event_log"}, {"station": "x"},
    {"type": ["volunteer-svc.star.promoted.v1"] * 51}, {"subject": ["volunteer/a"] * 51},
]  # fmt: skip


@pytest.mark.parametrize("params", BAD, ids=lambda p: str(p)[:40])
async def test_a_question_that_makes_no_sense_names_its_field(client, database, params):
    key = await client_key("events:read")
    for path in ("/v1/events", "/v1/events/stream"):
        if path.endswith("stream") and ({"limit", "wait"} & params.keys()):
            continue
        answer = await client.get(path, params=params, headers=key.auth)
        assert answer.status_code == 400, answer.text
        assert answer.json()["errors"][0]["field"].split("[")[0].split(".")[0] in params
        english = await client.get(
            path, params=params, headers=key.auth | {"Accept-Language": "en"}
        )
        assert json.loads(english.text)["detail"] != answer.json()["detail"]


async def test_info_tells_where_the_log_stands(reader, sequencer):
    await written(sequencer, 4)
    info = (await reader.get("/v1/events/info")).json()
    assert info["source"] == (await log())[0]["source"] == f"/volunteer-svc/{info['epoch']}"
    assert (info["first_sequence"], info["floor_sequence"], info["last_sequence"]) == (1, 1, 4)
    assert (info["stream"], info["retention_days"]) == ("volunteer.events", 90)
    assert "volunteer-svc.star.promoted.v1" in info["types"]
    assert await reader.all(after=info["earliest"]) == [1, 2, 3, 4]
    assert await reader.all(after=info["head"]) == []
