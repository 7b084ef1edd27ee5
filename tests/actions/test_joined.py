"""Sheets that arrive together share a transaction and nothing else."""

import asyncio
import hashlib

import asyncpg
import pytest

from tests import builders
from tests.actions.world import assert_books_agree, events, line
from tests.builders import NOW
from volunteer_svc.actions.command import OnceKey
from volunteer_svc.actions.joined import Joiner
from volunteer_svc.actions.service_records import Sheet
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import execute, fetch

MANY = 40


@pytest.fixture
async def joiner(database):
    joiner = Joiner()
    yield joiner
    await joiner.close()


@pytest.fixture
async def here(database):
    station = await builders.station()
    return station.id, await builders.staff("social_worker", station.id)


def key(text, body="a"):
    return OnceKey(
        key_hash=hashlib.sha256(text.encode()).digest(),
        body_hash=hashlib.sha256(body.encode()).digest(),
        now=NOW,
    )


async def outcomes(asked):
    done = await asyncio.gather(*asked, return_exceptions=True)
    return [
        result.code if isinstance(result, Refusal)
        else type(result) if isinstance(result, Exception)
        else result.outcomes[0].outcome
        for result in done
    ]  # fmt: skip


async def test_sheets_that_arrive_together_go_in_few_transactions(here, joiner):
    station_id, worker = here
    people = [await builders.active(station_id) for _ in range(MANY)]
    before = (await fetch("SELECT pg_current_xact_id()::text::bigint AS id"))[0]["id"]
    asked = [
        joiner.record_service(None, worker.call(), Sheet(station_id=station_id, entries=[line(p)]))
        for p in people
    ]
    assert await outcomes(asked) == ["counted"] * MANY
    after = (await fetch("SELECT pg_current_xact_id()::text::bigint AS id"))[0]["id"]
    assert after - before < MANY / 2
    await assert_books_agree()


async def test_a_sheet_the_database_refuses_fails_alone(here, joiner):
    station_id, worker = here
    people = [await builders.active(station_id) for _ in range(MANY)]
    await execute("ALTER TABLE service_record ADD CONSTRAINT no_bad CHECK (title <> '坏')")
    asked = [
        joiner.record_service(
            None,
            worker.call(),
            Sheet(station_id=station_id, entries=[line(p, title="坏" if n == 7 else "")]),
        )
        for n, p in enumerate(people)
    ]
    expected = ["counted"] * MANY
    expected[7] = asyncpg.CheckViolationError
    assert await outcomes(asked) == expected
    assert len(await events("service.recorded")) == MANY - 1
    await assert_books_agree()


async def test_a_refused_sheet_touches_no_neighbour(here, joiner):
    station_id, worker = here
    person = await builders.active(station_id)
    stranger = await builders.staff("social_worker", (await builders.station()).id)
    asked = [
        joiner.record_service(
            None, who.call(), Sheet(station_id=station_id, entries=[line(person)])
        )
        for who in (worker, stranger, worker)
    ]
    assert await outcomes(asked) == ["counted", "forbidden", "counted"]


async def test_one_key_has_one_effect_however_many_ask_at_once(here, joiner):
    station_id, worker = here
    person = await builders.active(station_id)
    sheet = Sheet(station_id=station_id, entries=[line(person)])
    asked = [joiner.record_service(key("k"), worker.call(), sheet) for _ in range(MANY)]
    told = await outcomes(asked)
    assert set(told) <= {"counted", "idempotency_in_flight"}
    assert "counted" in told
    again = await joiner.record_service(key("k"), worker.call(), sheet)
    assert len(await fetch("SELECT 1 FROM service_record")) == 1
    (record,) = await fetch("SELECT id FROM service_record")
    assert again.outcomes[0].record_id == record["id"]
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        await joiner.record_service(key("k", "b"), worker.call(), sheet)


async def test_two_sheets_of_one_batch_see_each_other(here, joiner):
    station_id, worker = here
    person = await builders.active(station_id)
    asked = [
        joiner.record_service(
            None, worker.call(), Sheet(station_id=station_id, entries=[line(person, minutes=240)])
        )
        for _ in range(5)
    ]
    assert sorted(await outcomes(asked)) == ["counted"] * 2 + ["waiting"] * 3
    await assert_books_agree()


async def test_who_hangs_up_leaves_the_others_and_his_hours_alone(here, joiner):
    station_id, worker = here
    people = [await builders.active(station_id) for _ in range(4)]
    tasks = [
        asyncio.create_task(
            joiner.record_service(
                None, worker.call(), Sheet(station_id=station_id, entries=[line(p)])
            )
        )
        for p in people
    ]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[2].cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(d, asyncio.CancelledError) for d in done] == [True, False, True, False]
    await joiner.close()
    assert len(await fetch("SELECT 1 FROM service_record")) == 4
    await assert_books_agree()
