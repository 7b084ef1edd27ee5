"""The same Idempotency-Key: the same answer, one effect."""

import anyio
import pytest

from tests.builders import TODAY, active, staff, station
from volunteer_svc.store import database as database_module


@pytest.fixture
async def sheet():
    home = await station()
    worker, person = await staff("social_worker", home.id), await active(home.id)
    entry = {"volunteer_id": str(person.id), "served_on": TODAY.isoformat(), "minutes": 60}
    return worker, person, {"station_id": str(home.id), "entries": [entry]}


async def ledger(client, worker, person):
    response = await client.get(f"/v1/volunteers/{person.id}/ledger", headers=worker.auth)
    return [row["minutes_delta"] for row in response.json()["items"]]


async def test_a_repeat_gets_the_same_answer_and_adds_nothing(client, sheet):
    worker, person, body = sheet
    headers = worker.auth | {"Idempotency-Key": "sheet-1"}
    first = await client.post("/v1/service-records", json=body, headers=headers)
    again = await client.post("/v1/service-records", json=body, headers=headers)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert await ledger(client, worker, person) == [60]


async def test_a_repeat_speaks_the_language_it_is_asked_in(client, sheet):
    worker, _, body = sheet
    body["entries"][0]["minutes"] = 0
    headers = worker.auth | {"Idempotency-Key": "sheet-1"}
    details = set()
    for language in ("zh", "en"):
        response = await client.post(
            "/v1/service-records", json=body, headers=headers | {"Accept-Language": language}
        )
        details.add(response.json()["outcomes"][0]["errors"][0]["detail"])
    assert len(details) == 2


async def test_another_body_under_the_same_key_is_refused(client, sheet):
    worker, person, body = sheet
    headers = worker.auth | {"Idempotency-Key": "sheet-1"}
    await client.post("/v1/service-records", json=body, headers=headers)
    body["entries"][0]["minutes"] = 90
    response = await client.post("/v1/service-records", json=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert await ledger(client, worker, person) == [60]


async def test_a_key_belongs_to_its_actor_and_its_route(client, sheet):
    worker, person, body = sheet
    other = await staff("social_worker", worker.actor.station_id)
    for one in (worker, other):
        headers = one.auth | {"Idempotency-Key": "1"}
        response = await client.post("/v1/service-records", json=body, headers=headers)
        assert response.status_code == 200
    assert await ledger(client, worker, person) == [60, 60]


async def test_a_refused_request_may_be_repeated_under_its_key(client, sheet):
    worker, person, body = sheet
    headers = worker.auth | {"Idempotency-Key": "1"}
    bad = {**body, "all_or_nothing": True, "entries": [{**body["entries"][0], "minutes": 0}]}
    for _ in range(2):
        response = await client.post("/v1/service-records", json=bad, headers=headers)
        assert (response.status_code, response.json()["code"]) == (422, "sheet_refused")
    assert (await client.post("/v1/service-records", json=body, headers=headers)).status_code == 200
    assert await ledger(client, worker, person) == [60]


async def test_while_the_first_still_runs_the_second_is_told_so(client, sheet):
    worker, person, body = sheet
    headers = worker.auth | {"Idempotency-Key": "1"}
    answers = []

    async def post():
        response = await client.post("/v1/service-records", json=body, headers=headers)
        answers.append((response.status_code, response.json().get("code")))

    blocker = await database_module.acquire()
    async with anyio.create_task_group() as tasks, blocker.transaction():
        # Both want this volunteer; the first holds its key while it waits.
        await blocker.execute("SELECT 1 FROM volunteer FOR UPDATE")
        tasks.start_soon(post)
        tasks.start_soon(post)
        while not answers:  # noqa: ASYNC110 - it waits for PostgreSQL, not for an event of ours
            await anyio.sleep(0.01)
    await database_module.ENGINE.pool.release(blocker)
    assert answers == [(409, "idempotency_in_flight"), (200, None)]
    assert await ledger(client, worker, person) == [60]


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "钥匙".encode()])
async def test_a_malformed_key_is_refused(client, sheet, key):
    worker, _, body = sheet
    headers = worker.auth | {"Idempotency-Key": key}
    response = await client.post("/v1/service-records", json=body, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_malformed")


async def test_a_slip_is_not_kept_in_the_clear(client, sheet):
    worker, person, _ = sheet
    headers = worker.auth | {"Idempotency-Key": "1"}
    path = f"/v1/volunteers/{person.id}/slip"
    slip = (await client.post(path, headers=headers)).json()["slip"]
    assert (await client.post(path, headers=headers)).json()["slip"] == slip
    (row,) = await database_module.fetch("SELECT answer FROM idempotency_key")
    assert slip.encode() not in row["answer"]
