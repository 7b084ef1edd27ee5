"""Open registration: alike for everybody, limited, and silent about who it was."""

import asyncio
import logging
from datetime import date, timedelta
from uuid import UUID

import msgspec
import pytest

from tests.api.test_sign_in import later
from tests.api.work import counted
from tests.builders import active, form, registered, serving, staff, station, taken_up
from volunteer_svc import clock, log
from volunteer_svc.actions.intake import STUCK_TRIES, WAITS_SECONDS
from volunteer_svc.app import create_app
from volunteer_svc.identity.vault import VaultError
from volunteer_svc.store.database import execute, fetch


async def register(client, station_id, filled, **options):
    body = {"station_id": str(station_id), "form": msgspec.to_builtins(filled)}
    return await client.post("/v1/registrations", json=body, **options)


async def test_known_and_unknown_people_get_the_same_answer_for_the_same_work(client):
    home = await station()
    known, lapsing = await active(home.id), await registered(home.id)
    lapsed = await registered(home.id, date(2025, 1, 3))
    shapes, works, receipts = set(), [], []
    for filled in (form(), known.form, lapsing.form, lapsed.form):
        today = msgspec.structs.replace(filled, applied_on=form().applied_on)
        with counted() as work:
            response = await register(client, home.id, today)
        headers = {name for name in response.headers if name != "content-length"}
        shapes.add((response.status_code, tuple(response.json()), len(response.content),
                    tuple(sorted(headers))))  # fmt: skip
        works.append((work.statements, work.hashed))
        receipts.append(response.json()["receipt"])
    assert len(shapes) == 1
    assert works == works[:1] * 4
    assert len(works[0][0]) == 6, "begin, two readings, the form, the audit's entry, commit"
    assert await fetch("SELECT 1 FROM claim") == []
    await taken_up()
    # What became of them has the receipt that was given.
    claims = {row["receipt"] for row in await fetch("SELECT receipt FROM claim")}
    opened = {row["receipt"] for row in await fetch("SELECT receipt FROM registration")}
    assert claims == set(receipts[1:3])
    assert {receipts[0], receipts[3]} < opened
    assert await fetch("SELECT 1 FROM intake") == []


async def test_a_form_handed_in_is_sealed_until_it_is_taken_up_as_of_then(client, monkeypatch):
    home = await station()
    filled = form(name="封存测试", phone="10066677788")
    answer = await register(client, home.id, filled, headers={"X-Request-Id": "r-77"})
    (row,) = await fetch("SELECT to_jsonb(i)::text AS text, form_sealed FROM intake i")
    for secret in (filled.name, filled.phone, filled.document_number, answer.json()["receipt"]):
        assert secret not in row["text"]
        assert secret.encode() not in row["form_sealed"]
    # The worker was away over midnight, and the station has closed since.
    await execute("UPDATE station SET closed_on = '2026-11-21' WHERE id = $1", home.id)
    later(monkeypatch, 20 * 3600)
    await taken_up()
    (opened,) = await fetch("SELECT receipt, received_at, applied_on FROM registration")
    assert opened["receipt"] == answer.json()["receipt"]
    assert opened["applied_on"] == filled.applied_on
    assert clock.now() - opened["received_at"] > timedelta(hours=19)
    (event,) = await fetch("SELECT name, correlation_id FROM outbox WHERE name LIKE 'volunteer%'")
    assert (event["name"], event["correlation_id"]) == ("volunteer.applied", "r-77")


async def test_a_form_that_cannot_be_taken_up_stops_no_other_and_is_not_lost(client):
    home = await station()
    await execute("INSERT INTO intake VALUES ($1, $2, $3, $3)", UUID(int=0), b"\x01x", clock.now())
    await register(client, home.id, form())
    with pytest.raises(VaultError):
        await taken_up()
    await taken_up()
    assert len(await fetch("SELECT 1 FROM registration")) == 1
    assert len(await fetch("SELECT 1 FROM intake")) == 1


async def test_a_form_that_cannot_be_taken_up_waits_longer_each_time_and_is_seen(
    client, monkeypatch
):
    home, county = await station(), await staff("county")
    await register(client, home.id, form())
    await execute("UPDATE intake SET form_sealed = '\\x0178'")
    assert "forms_stuck 0.0" in (await client.get("/metrics")).text
    for tried, wait in enumerate(WAITS_SECONDS + WAITS_SECONDS[-1:], 1):
        with pytest.raises(VaultError):
            await taken_up()
        await taken_up()  # not due
        later(monkeypatch, wait - 2)
        await taken_up()
        later(monkeypatch, 3)
        seen = (await client.get("/v1/stuck-forms", headers=county.auth)).json()["items"]
        assert [one["tries"] for one in seen] == ([tried] if tried >= STUCK_TRIES else [])
    said = (await client.get("/metrics")).text
    assert "forms_waiting 1.0" in said
    assert "forms_stuck 1.0" in said


async def test_a_stuck_form_names_its_station_and_receipt_where_it_can_be_opened(client):
    home, county = await station(), await staff("county")
    answer = await register(client, home.id, form())
    await execute("UPDATE intake SET tries = $1", STUCK_TRIES)
    (seen,) = (await client.get("/v1/stuck-forms", headers=county.auth)).json()["items"]
    assert (seen["station_id"], seen["receipt"]) == (str(home.id), answer.json()["receipt"])


async def test_two_workers_take_one_form_up_once(client):
    home = await station()
    for _ in range(5):
        await register(client, home.id, form())
    await asyncio.gather(*(taken_up() for _ in range(4)))
    assert len(await fetch("SELECT 1 FROM registration")) == 5


async def test_no_personal_data_is_logged_or_answered_when_a_registration_fails(
    client, caplog, capsys
):
    home = await station()
    bad = form(name="欧阳震华", phone="999", address="光明街7号")
    with caplog.at_level(logging.DEBUG):
        response = await register(client, home.id, bad)
    assert response.status_code == 422
    lines = "".join(log.JsonLines().format(record) for record in caplog.records)
    said = lines + response.text + "".join(capsys.readouterr())
    assert '"status":422' in lines
    for secret in (bad.name, bad.document_number, bad.address, bad.birth_date.isoformat()):
        assert secret not in said
    assert await fetch("SELECT 1 FROM registration") == []


async def test_a_childs_form_is_refused_and_leaves_nothing(client):
    home = await station()
    child = form(birth_date=form().applied_on.replace(year=2014))
    response = await register(client, home.id, child)
    assert (response.status_code, response.json()["code"]) == (422, "under_minimum_age")
    for table in ("person", "registration", "claim", "outbox", "idempotency_key"):
        assert await fetch(f"SELECT 1 FROM {table}") == [] or table == "outbox"
    names = [row["name"] for row in await fetch("SELECT name FROM outbox")]
    assert names == ["station.changed"]


async def tries(app, station_id, count, **options):
    async with serving(app) as client:
        return [await register(client, station_id, form(), **options) for _ in range(count)]


@pytest.mark.usefixtures("pinned_clock")
@pytest.mark.parametrize("redis", ["there", "away", "none"])
async def test_one_address_registers_only_so_often(database, redis_url, redis):
    url = {"there": redis_url, "away": "unix:///nowhere/valkey.sock", "none": ""}[redis]
    config = msgspec.structs.replace(database, redis_url=url, registrations_per_minute=3)
    home = await station()
    responses = await tries(create_app(config), home.id, 5)
    assert [r.status_code for r in responses] == [202, 202, 202, 429, 429]
    assert responses[-1].json()["code"] == "rate_limited"
    assert 1 <= int(responses[-1].headers["retry-after"]) <= 60


@pytest.mark.usefixtures("pinned_clock")
async def test_processes_count_together_through_redis(database, redis_url):
    config = msgspec.structs.replace(database, redis_url=redis_url, registrations_per_minute=3)
    home = await station()
    assert {r.status_code for r in await tries(create_app(config), home.id, 3)} == {202}
    assert {r.status_code for r in await tries(create_app(config), home.id, 1)} == {429}


@pytest.mark.usefixtures("pinned_clock")
async def test_sign_in_is_limited_too(database):
    config = msgspec.structs.replace(database, sign_ins_per_minute=2)
    await staff("county")
    body = {"kind": "staff", "name": "nobody", "password": "x"}
    async with serving(create_app(config)) as client:
        statuses = [(await client.post("/v1/sessions", json=body)).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]
