"""What needs an operator: told once an incident, as an event and as a metric."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from redis.asyncio import Redis

from tests.builders import NOW, call
from tests.events.world import eventually, log, numbered, relaying, update, volunteers
from volunteer_svc.actions.alarms import watch
from volunteer_svc.config import Config
from volunteer_svc.domain.alarm import UNSEEN_SECONDS, UNSENT_SECONDS, Alarm, Readings, Way, alarms
from volunteer_svc.outbound.redis_stream import NAME
from volunteer_svc.store import database as db
from volunteer_svc.store import event_log, relay_marks

AGO = NOW - timedelta(hours=1)


def seconds(count: float) -> datetime:
    return NOW - timedelta(seconds=count)


def way(**changes: Any) -> Way:
    plain = {"name": "stream", "sequence": 9, "problem": None, "seen_at": NOW, "unsent_since": None}
    return Way(**plain | changes)  # type: ignore[arg-type]


def stand(**changes: Any) -> Readings:
    plain = {
        "head": 9,
        "outbox": 0,
        "outbox_since": None,
        "sequencer_seen_at": NOW,
        "webhooks_seen_at": NOW,
    }
    return Readings(**plain | {"ways": (way(),)} | changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("readings", "found"),
    [
        (stand(), []),
        (stand(sequencer_seen_at=None), []),
        (stand(outbox_since=seconds(UNSENT_SECONDS)), []),
        (stand(outbox_since=seconds(61)), [Alarm("outbox_late", 61, UNSENT_SECONDS)]),
        (stand(sequencer_seen_at=seconds(30)), []),
        (
            stand(sequencer_seen_at=seconds(31)),
            [Alarm("sequencer_stopped", 31, UNSEEN_SECONDS)],
        ),
        (stand(webhooks_seen_at=None), []),
        (stand(webhooks_seen_at=seconds(31)), [Alarm("webhooks_stopped", 31, UNSEEN_SECONDS)]),
        (stand(ways=(way(unsent_since=seconds(60)),)), []),
        (stand(ways=(way(unsent_since=seconds(61)),)), [Alarm("stream_late", 61, UNSENT_SECONDS)]),
        (
            stand(ways=(way(problem="ahead_of_log", sequence=20, unsent_since=seconds(99)),)),
            [Alarm("stream_ahead_of_log", 20, 9)],
        ),
        (
            stand(ways=(way(name="jetstream", problem="differs_from_log"), way())),
            [Alarm("jetstream_differs_from_log", 9, 9)],
        ),
    ],
)
def test_an_alarm_is_a_reading_beyond_its_limit(readings: Readings, found: list[Alarm]) -> None:
    assert list(alarms(readings, NOW, AGO)) == found


def test_what_stood_still_while_nobody_watched_is_no_alarm() -> None:
    still = stand(outbox_since=AGO, sequencer_seen_at=AGO, ways=(way(unsent_since=AGO),))
    assert list(alarms(still, NOW, seconds(30))) == []
    kinds = [one.kind for one in alarms(still, NOW, seconds(61))]
    assert kinds == ["outbox_late", "sequencer_stopped", "stream_late"]


async def test_an_incident_is_told_once_and_the_next_one_again(
    database: Config, sequencer: Any
) -> None:
    subjects = await volunteers(1)

    async def look(minutes: int) -> list[str]:
        found = await watch(call(now=NOW + timedelta(minutes=minutes)), NOW)
        return [one.kind for one in found]

    async def wait_in_outbox(minutes: int) -> None:
        await update(subjects)
        at = NOW + timedelta(minutes=minutes)
        await db.execute("UPDATE outbox SET happened_at = $1", at)

    await wait_in_outbox(0)
    assert [await look(1), await look(2), await look(3)] == [[], ["outbox_late"], []]
    await event_log.move(sequencer, 100)
    assert await look(4) == []
    await wait_in_outbox(4)
    assert await look(6) == ["outbox_late"]
    await event_log.move(sequencer, 100)
    assert await look(7) == []
    told = [body for body in await log() if body["type"] == "volunteer-svc.alarm.raised.v1"]
    assert [(body["data"]["kind"], body["data"]["limit"]) for body in told] == [
        ("outbox_late", 60), ("outbox_late", 60),
    ]  # fmt: skip
    assert {body["subject"] for body in told} == {
        f"alarm/{row['id']}" for row in await db.fetch("SELECT id FROM alarm")
    }
    rows = await db.fetch("SELECT raised_at, ended_at FROM alarm ORDER BY raised_at")
    assert [tuple(row) for row in rows] == [
        (NOW + timedelta(minutes=2), NOW + timedelta(minutes=4)),
        (NOW + timedelta(minutes=6), NOW + timedelta(minutes=7)),
    ]


async def test_two_that_watch_tell_once(database: Config) -> None:
    await update(await volunteers(1))
    await db.execute("UPDATE outbox SET happened_at = $1", AGO)
    found = await asyncio.gather(*(watch(call(), AGO) for _ in range(4)))
    assert sorted(map(len, found)) == [0, 0, 0, 1]


async def test_a_stream_of_another_timeline_is_an_alarm_until_it_is_gone(
    config: Config, redis: Redis
) -> None:
    await redis.xadd(NAME, {"data": "{}", "id": "x"}, id="1000-0")
    async with relaying(config):
        await update(await volunteers(5))
        await numbered(5)

        async def marked() -> bool:
            return bool([one for one in (await relay_marks.readings()).ways if one.problem])

        await eventually(marked)
    now = datetime.fromisoformat((await log())[-1]["time"])
    assert await watch(call(now=now), now) == [Alarm("stream_ahead_of_log", 1000, 5)]
    await redis.flushdb()
    async with relaying(config):

        async def caught_up() -> bool:
            (stream,) = (await relay_marks.readings()).ways
            return stream.problem is None and stream.sequence >= 6

        await eventually(caught_up)
    assert await watch(call(now=now), now) == []
    assert await db.fetch("SELECT FROM alarm WHERE ended_at IS NULL") == []


async def test_a_way_that_is_switched_off_is_not_waited_for(config: Config) -> None:
    await relay_marks.mark("jetstream", 1, None, AGO)
    async with relaying(config):

        async def forgotten() -> bool:
            return [one.name for one in (await relay_marks.readings()).ways] == ["stream"]

        await eventually(forgotten)


async def test_metrics_say_where_the_events_stand(
    client: httpx.AsyncClient, database: Config, redis: Redis, redis_url: str
) -> None:
    async def metrics() -> dict[str, float]:
        lines = (await client.get("/metrics")).text.splitlines()
        return {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
            if name.startswith(("events_", "relay_", "alarms", "metrics_"))
        }

    subjects = await volunteers(3)
    await update(subjects)
    await db.execute("UPDATE outbox SET happened_at = $1", NOW - timedelta(seconds=90))
    before = await metrics()
    assert (before["events_outbox"], before["events_head"]) == (3, 0)
    assert before["events_outbox_age_seconds"] >= 90
    await watch(call(), AGO)
    async with relaying(msgspec.structs.replace(database, redis_url=redis_url)):
        await numbered(4)

        async def told() -> bool:
            now = await metrics()
            delivers = 'relay_seen_age_seconds{way="webhooks"}' in now
            return delivers and now.get('events_behind{way="stream"}') == 0

        await eventually(told)
    after = await metrics()
    assert (after["events_outbox"], after["events_head"]) == (0, 4)
    assert after['alarms{kind="outbox_late"}'] == 1
    for name in ("sequencer", "webhooks", "stream"):
        assert after[f'relay_seen_age_seconds{{way="{name}"}}'] < 10
    assert after['events_unsent_age_seconds{way="stream"}'] == 0
    assert after['metrics_source_up{source="events"}'] == 1
    await db.execute("ALTER TABLE relay_mark RENAME TO away")
    lost = await metrics()
    await db.execute("ALTER TABLE away RENAME TO relay_mark")
    assert {name for name, up in lost.items() if not up} == {'metrics_source_up{source="events"}'}
    assert not any(name.startswith("events_") for name in lost)
