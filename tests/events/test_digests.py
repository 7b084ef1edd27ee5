"""The digest of a station and day: what the log says of it, once, and what a reader compares."""

import asyncio
import csv
import io
import json
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from tests import builders
from tests.actions.world import hours
from tests.builders import NOW, TODAY, call
from tests.commands import command
from tests.events.world import log
from volunteer_svc import store
from volunteer_svc.actions import corrections
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.digests import publish_digests
from volunteer_svc.commands import figures
from volunteer_svc.config import Config
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.digest import Digest, due, end_of
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.i18n import words
from volunteer_svc.store import database as db
from volunteer_svc.store import event_log

ROOT = Path(__file__).parents[2]
MORNING = end_of(TODAY) + timedelta(minutes=11)
COLUMNS = ("on", "station_id", "type", "events", "minutes", "stars")


@pytest.fixture
async def day(sequencer: Any) -> list[Any]:
    """Two stations of which one has a promotion and a correction, all numbered."""
    stations = [await builders.station() for _ in range(3)]
    for station in stations[:2]:
        worker = await builders.staff("social_worker", station.id)
        person = await builders.active(station.id)
        await hours(worker, station.id, person, 6_100)
    records = await db.fetch("SELECT id FROM service_record ORDER BY id DESC LIMIT 1")
    correction = Correct(minutes=0, reason="看错")
    await corrections.correct_record(worker.call(), records[0]["id"], correction)
    await db.execute("UPDATE outbox SET happened_at = $1", NOW)  # inductions were long ago
    await numbered(sequencer)
    return stations


async def numbered(sequencer: Any) -> None:
    while await event_log.move(sequencer, 1_000):
        pass


async def readers_figures() -> list[dict[str, Any]]:
    """What a reader of all events adds up by himself, in plain Python."""
    counts: dict[tuple[str, str | None, str], Counter[str]] = {}
    for body in await log():
        on = local_date(datetime.fromisoformat(body["time"])).isoformat()
        one = counts.setdefault((on, body.get("stationid"), body["type"]), Counter())
        one["events"] += 1
        data = body["data"]
        if body["type"] == "volunteer-svc.service.recorded.v1":
            one["minutes"] += data["minutes"]
        elif body["type"] == "volunteer-svc.service.corrected.v1":
            one["minutes"] += data["minutes_delta"]
        elif body["type"].startswith("volunteer-svc.star."):
            one["stars"] += data["to_star"] - data["from_star"]
    return [
        {"on": on, "station_id": station_id, "type": kind, "events": one["events"],
         "minutes": one["minutes"], "stars": one["stars"]}
        for (on, station_id, kind), one in counts.items()
    ]  # fmt: skip


def rows_of(digests: list[Digest]) -> list[dict[str, Any]]:
    return [
        {"on": one.on.isoformat(), "station_id": one.station_id and str(one.station_id)}
        | msgspec.to_builtins(each)
        for one in digests
        for each in one.figures
    ]


def in_order(rows: list[dict[str, Any]]) -> list[Any]:
    return sorted(rows, key=lambda row: (row["on"], str(row["station_id"]), row["type"]))


async def made() -> list[Digest]:
    return await store.digests.between(date.min, date.max)


async def test_a_digest_says_what_a_reader_of_all_events_finds(day: list[Any]) -> None:
    assert await publish_digests(call(now=MORNING)) == TODAY
    digests = await made()
    assert in_order(rows_of(digests)) == in_order(await readers_figures())
    stars = {str(row["station_id"]): 0 for row in rows_of(digests)}
    for row in rows_of(digests):
        stars[str(row["station_id"])] += row["stars"]
    assert sorted(stars.values()) == [0, 0, 1]  # won; won and lost; nothing
    assert {one.station_id for one in digests} == {None, *(station.id for station in day)}
    head = await event_log.head()
    assert {(one.from_sequence, one.to_sequence) for one in digests} == {(1, head.last_seq)}


async def test_every_digest_is_an_event_of_its_station(day: list[Any], sequencer: Any) -> None:
    await publish_digests(call(now=MORNING))
    await numbered(sequencer)
    told = [body for body in await log() if body["type"] == "volunteer-svc.digest.published.v1"]
    digests = await made()
    assert [body["data"]["digest_id"] for body in told] == [str(one.id) for one in digests]
    assert [body.get("stationid") for body in told] == [
        one.station_id and str(one.station_id) for one in digests
    ]
    assert rows_of(digests) == [
        {"on": b["data"]["on"], "station_id": b["data"].get("station_id")} | each
        for b in told
        for each in b["data"]["figures"]
    ]


async def test_a_day_has_its_digests_once_however_many_make_them(day: list[Any]) -> None:
    found = await asyncio.gather(*(publish_digests(call(now=MORNING)) for _ in range(4)))
    assert sorted(found, key=str) == [TODAY, None, None, None]
    assert len(await made()) == 4
    with pytest.raises(db.Violation, match="digest_one_a_day"):
        await db.execute(
            'INSERT INTO digest SELECT gen_random_uuid(), station_id, "on", from_seq, to_seq,'
            " figures, made_at FROM digest WHERE station_id IS NULL"
        )
    with pytest.raises(db.Violation, match="append-only"):
        await db.execute("UPDATE digest SET to_seq = 1")


async def test_days_missed_are_made_up_for_and_days_without_events_have_their_digests(
    day: list[Any],
) -> None:
    late = MORNING + timedelta(days=3)
    days = [await publish_digests(call(now=late)) for _ in range(5)]
    assert days == [*(TODAY + timedelta(days=n) for n in range(4)), None]
    assert len(await made()) == 16


async def test_a_day_waits_until_all_of_it_is_numbered(day: list[Any], sequencer: Any) -> None:
    assert await publish_digests(call(now=MORNING - timedelta(minutes=2))) is None
    await builders.station()
    assert await publish_digests(call(now=MORNING)) is None
    await numbered(sequencer)
    assert await publish_digests(call(now=MORNING)) == TODAY
    assert in_order(rows_of(await made())) == in_order(await readers_figures())


async def test_what_comes_too_late_is_beyond_the_numbers_that_are_counted(
    day: list[Any], sequencer: Any
) -> None:
    await publish_digests(call(now=MORNING))
    await builders.station()  # by a machine whose clock is slow
    await numbered(sequencer)
    assert {one.to_sequence for one in await made()} == {(await log_length()) - 5}


async def log_length() -> int:
    return (await event_log.head()).last_seq


def test_the_first_day_is_that_of_the_first_event() -> None:
    assert due(None, None, MORNING) is None
    assert due(None, TODAY, MORNING) == TODAY
    assert due(TODAY, TODAY, MORNING) is None
    assert due(TODAY - timedelta(days=1), None, MORNING) == TODAY
    assert due(None, TODAY, end_of(TODAY)) is None


async def test_digests_are_listed_by_day_and_station(
    client: httpx.AsyncClient, day: list[Any]
) -> None:
    await publish_digests(call(now=MORNING))
    auth = (await builders.client_key("events:read")).auth
    listed = await client.get("/v1/digests?limit=3", headers=auth)
    first = listed.json()
    rest = (await client.get(f"/v1/digests?cursor={first['next']}", headers=auth)).json()
    assert [one["id"] for one in [*first["items"], *rest["items"]]] == [
        str(one.id) for one in await made()
    ]
    asked = f"/v1/digests?date={TODAY}&station={day[0].id}"
    (one,) = (await client.get(asked, headers=auth)).json()["items"]
    assert one["station_id"] == str(day[0].id)
    assert (await client.get("/v1/digests?date=2020-01-01", headers=auth)).json()["items"] == []
    for wrong, field in (("date=yesterday", "date"), ("station=x", "station")):
        refused = await client.get(f"/v1/digests?{wrong}", headers=auth)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["field"] == field


def reconcile(config: Config, *arguments: str, stdin: str = "") -> tuple[int, str, str]:
    """Exit code, standard output and errors."""
    ended = command(config, "reconcile", *arguments, typed=stdin)
    return ended.returncode, ended.stdout, ended.stderr


def as_csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


async def test_a_reader_who_has_all_agrees_and_the_first_difference_is_named(
    config: Config, day: list[Any]
) -> None:
    await publish_digests(call(now=MORNING))
    rows = in_order(await readers_figures())
    agreed = reconcile(config, "-", stdin=as_csv(rows))
    assert agreed[0] == 0, agreed
    assert f"from={TODAY} to={TODAY} events={sum(row['events'] for row in rows)}" in agreed[1]
    promoted = [row for row in rows if row["type"] == "volunteer-svc.star.promoted.v1"]
    place = f"on={TODAY} station={promoted[0]['station_id']} type={promoted[0]['type']}"
    without = [row for row in rows if row is not promoted[0]]
    code, said, _ = reconcile(config, "-", stdin=json.dumps(without))
    assert (code, said) == (
        1, f"reconcile: DIFFERENCE {place} column=events expected=1 found=0\n"
    )  # fmt: skip
    only = ("--type", "volunteer-svc.star.revoked.v1")
    assert reconcile(config, "-", *only, stdin=json.dumps(without))[0] == 0


async def test_figures_come_from_a_readers_own_database(
    config: Config, day: list[Any], tmp_path: Path
) -> None:
    await publish_digests(call(now=MORNING))
    rows = [tuple(row[name] for name in COLUMNS) for row in await readers_figures()]
    with closing(sqlite3.connect(tmp_path / "platform.db")) as lite, lite:
        lite.execute(f"CREATE TABLE volunteer_digest ({', '.join(map(repr, COLUMNS))})")
        lite.executemany("INSERT INTO volunteer_digest VALUES (?, ?, ?, ?, ?, ?)", rows)
    source = f"sqlite:///{tmp_path / 'platform.db'}"
    assert reconcile(config, source)[0] == 0
    with pytest.raises(Refusal, match="figures_unreadable"):
        await figures.read(f"{source}x")
    own = await asyncpg.connect(config.database_url)
    await own.execute("DROP SCHEMA IF EXISTS platform CASCADE")
    await own.execute("CREATE SCHEMA platform")
    await own.execute(
        "CREATE VIEW platform.volunteer_digest AS"
        " SELECT \"on\", station_id, one ->> 'type' AS type,"
        " sum((one ->> 'events')::bigint) AS events, sum((one ->> 'minutes')::bigint) AS minutes,"
        " sum((one ->> 'stars')::bigint) AS stars"
        " FROM digest, jsonb_array_elements(figures) AS one GROUP BY 1, 2, 3"
    )
    separator = "&" if "?" in config.database_url else "?"
    url = f"{config.database_url}{separator}options=-csearch_path%3Dplatform"
    agreed = await asyncio.to_thread(reconcile, config, url)
    await own.execute("DROP SCHEMA platform CASCADE")
    await own.close()
    assert agreed[0] == 0, agreed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "cannot be read (JSONDecodeError)"),
        ('[{"on": "2026-11-20"}]', "Row 1 does not fit: Object missing required field `type`"),
        ("on,station_id,type,events\n2026-11-20,x,t,1\n", "Row 1 does not fit"),
        ("[1]", "Row 1 does not fit: Expected `object`, got `int`"),
        ("on,type,events\n2026-11-20,t,1\n2026-11-20,t,2\n", "type of row 2 have been there"),
    ],
)  # fmt: skip
async def test_figures_that_are_none_are_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    with pytest.raises(Refusal) as refused:
        await figures.read("-")
    assert said in words(refused.value.code, refused.value.faults[0].params, "en").detail


async def test_where_no_day_has_a_digest_there_is_nothing_to_compare(config: Config) -> None:
    code, output, errors = await asyncio.to_thread(reconcile, config, "-")
    assert (code, output) == (1, "")
    assert "These days have no digest yet" in errors
    assert "Traceback" not in errors
