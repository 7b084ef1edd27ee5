"""Everything that goes wrong is a problem document in the caller's language."""

import logging

import anyio
import asyncpg
import msgspec
import pytest

from tests.builders import TODAY, active, form, signed_in, staff, station
from volunteer_svc import store
from volunteer_svc.store import database as database_module

MEMBERS = {"type", "title", "status", "detail", "code", "request_id", "errors"}


def assert_problem(response, status, code):
    problem = response.json()
    assert (response.status_code, problem["code"]) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["status"] == status
    assert problem["type"] == f"urn:volunteer-svc:problem:{code}"
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem.keys() >= MEMBERS
    assert problem["errors"][0]["code"] == code
    return problem


async def test_nobody_signed_in_is_told_to_sign_in(client):
    response = await client.get("/v1/registrations")
    assert_problem(response, 401, "sign_in_required")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Basic abc", "Bearer", "", "Bearer 密".encode()]
)
async def test_a_wrong_token_is_no_token(client, header):
    response = await client.get("/v1/me", headers={"Authorization": header})
    assert_problem(response, 401, "sign_in_required")


async def test_unknown_names_and_wrong_passwords_look_alike(client):
    known = await staff("county")
    row = await store.accounts.find(known.actor.id)
    answers = []
    for name in (row.username, "nobody"):
        body = {"kind": "staff", "name": name, "password": "wrong password"}
        problem = assert_problem(
            await client.post("/v1/sessions", json=body), 401, "sign_in_failed"
        )
        answers.append({**problem, "request_id": ""})
    assert answers[0] == answers[1]


async def test_another_stations_matters_are_forbidden(client):
    here, there = await station(), await station()
    worker = await staff("social_worker", here.id)
    person = await active(there.id)
    line = {"volunteer_id": str(person.id), "served_on": TODAY.isoformat(), "minutes": 60}
    for method, path, body in (
        ("GET", f"/v1/registrations?station_id={there.id}", None),
        ("GET", f"/v1/registrations/{person.registration_id}", None),
        ("GET", f"/v1/volunteers/{person.id}", None),
        ("GET", f"/v1/volunteers/{person.id}/ledger", None),
        ("GET", f"/v1/volunteers/{person.id}/service-records", None),
        ("GET", f"/v1/service-records?station_id={there.id}", None),
        ("GET", f"/v1/approvals?station_id={there.id}", None),
        ("GET", f"/v1/recognitions/2025?station_id={there.id}", None),
        ("POST", f"/v1/volunteers/{person.id}/suspend", {"reason": "x"}),
        ("POST", f"/v1/volunteers/{person.id}/slip", None),
        ("POST", "/v1/volunteers/search", {"station_id": str(there.id)}),
        ("POST", "/v1/service-records", {"station_id": str(there.id), "entries": [line]}),
    ):
        response = await client.request(method, path, json=body, headers=worker.auth)
        assert_problem(response, 403, "forbidden")


async def test_lists_without_a_station_show_the_own_one_only(client):
    here, there = await station(), await station()
    mine, _ = await active(here.id), await active(there.id)
    worker = await staff("social_worker", here.id)
    for path in ("/v1/registrations", "/v1/induction-sessions"):
        items = (await client.get(path, headers=worker.auth)).json()["items"]
        assert {item["station_id"] for item in items} == {str(here.id)}
    found = await client.post("/v1/volunteers/search", json={}, headers=worker.auth)
    assert [one["id"] for one in found.json()["items"]] == [str(mine.id)]


@pytest.mark.rule("R17")
async def test_a_volunteer_reads_his_own_record_and_nobody_elses(client):
    home = await station()
    me, other = await active(home.id), await active(home.id)
    mine = await signed_in(me.id)
    assert (await client.get(f"/v1/volunteers/{me.id}/stars", headers=mine.auth)).status_code == 200
    for path in (
        f"/v1/volunteers/{other.id}",
        f"/v1/volunteers/{other.id}/service-records",
        f"/v1/volunteers/{home.id}",
        f"/v1/service-records/{home.id}",
        "/v1/service-records",
    ):
        assert_problem(await client.get(path, headers=mine.auth), 403, "forbidden")


async def test_a_suspended_volunteer_does_not_reinstate_himself(client):
    home = await station()
    me = await active(home.id)
    worker, mine = await staff("social_worker", home.id), await signed_in(me.id)
    path = f"/v1/volunteers/{me.id}"
    await client.post(f"{path}/suspend", json={"reason": "x"}, headers=worker.auth)
    assert_problem(await client.post(f"{path}/reinstate", headers=mine.auth), 403, "forbidden")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "route_not_found"),
        ("GET", "/v1/nowhere", 404, "route_not_found"),
        ("GET", "/v1/stations/not-an-id", 404, "route_not_found"),
        ("GET", "/v1/stations/01890000-0000-7000-8000-000000000000", 404, "not_found"),
        ("DELETE", "/v1/stations", 405, "method_not_allowed"),
        ("GET", "/v1/stations?limit=0", 400, "value_out_of_bounds"),
        ("GET", "/v1/stations?limit=101", 400, "value_out_of_bounds"),
        ("GET", "/v1/stations?limit=x", 400, "value_wrong_type"),
        ("GET", "/v1/stations?cursor=%21", 400, "cursor_malformed"),
        ("GET", "/v1/stations?cursor=AAA", 400, "cursor_malformed"),
        ("POST", "/v1/sessions", 400, "body_missing"),
    ],
)
async def test_http_itself_answers_with_problems(client, method, path, status, code):
    assert_problem(await client.request(method, path), status, code)


async def test_another_media_type_is_refused(client):
    headers = {"Content-Type": "text/xml"}
    response = await client.post("/v1/sessions", content=b"<a/>", headers=headers)
    problem = assert_problem(response, 415, "media_type_unsupported")
    assert "application/json" in problem["detail"]


async def test_every_fault_of_a_form_is_told_with_its_field(client):
    home = await station()
    wrong = form(phone="12", sex="M", document_number="100000201206150026")
    body = {"station_id": str(home.id), "form": msgspec.to_builtins(wrong)}
    response = await client.post("/v1/registrations", json=body)
    problem = assert_problem(response, 422, "birth_date_differs")
    assert [(e["code"], e["field"]) for e in problem["errors"]] == [
        ("birth_date_differs", "form.birth_date"),
        ("sex_differs", "form.sex"),
        ("phone_invalid", "form.phone"),
    ]


@pytest.mark.parametrize(
    ("accepted", "language", "title"),
    [
        (None, "zh-CN", "没有这个地址"),
        ("en-GB,en;q=0.9", "en", "No such address"),
        ("fr,zh-TW;q=0.5,en;q=0.4", "zh-CN", "没有这个地址"),
        ("en;q=0, *", "zh-CN", "没有这个地址"),
        ("en;q=nonsense", "zh-CN", "没有这个地址"),
    ],
)
async def test_problems_speak_the_callers_language(client, accepted, language, title):
    headers = {"Accept-Language": accepted} if accepted else {}
    response = await client.get("/v1/nowhere", headers=headers)
    assert (response.headers["content-language"], response.json()["title"]) == (language, title)
    assert response.headers["vary"] == "Accept-Language"


async def test_outcomes_speak_the_callers_language(client):
    home = await station()
    worker = await staff("social_worker", home.id)
    body = {"station_id": str(home.id), "entries": [{"member_no": "1", "minutes": 0}]}
    for language, detail in (("zh", "请填写开始"), ("en", "Give start")):
        headers = worker.auth | {"Accept-Language": language}
        (outcome,) = (await client.post("/v1/service-records", json=body, headers=headers)).json()[
            "outcomes"
        ]
        assert outcome["code"] == "service_time_missing"
        assert outcome["errors"][0]["detail"].startswith(detail)


async def test_all_or_nothing_tells_all_outcomes_and_records_nothing(client):
    home = await station()
    worker, person = await staff("social_worker", home.id), await active(home.id)
    good = {"volunteer_id": str(person.id), "served_on": TODAY.isoformat(), "minutes": 60}
    body = {"station_id": str(home.id), "entries": [good, good | {"minutes": 0}]}
    body["all_or_nothing"] = True
    response = await client.post("/v1/service-records", json=body, headers=worker.auth)
    problem = assert_problem(response, 422, "sheet_refused")
    assert [one["code"] for one in problem["outcomes"]] == [None, "minutes_out_of_range"]
    ledger = await client.get(f"/v1/volunteers/{person.id}/ledger", headers=worker.auth)
    assert ledger.json() == {"items": [], "next": None}


async def test_no_free_connection_is_busy_and_passes(client, monkeypatch):
    monkeypatch.setattr(database_module.ENGINE, "wait_seconds", 0.05)
    held = [await database_module.acquire() for _ in range(10)]
    response = await client.get("/v1/stations")
    assert_problem(response, 503, "busy")
    assert response.headers["retry-after"] == "2"
    for connection in held:
        await database_module.ENGINE.pool.release(connection)
    assert (await client.get("/v1/stations")).status_code == 200


async def test_a_killed_connection_is_busy(client):
    blocker = await database_module.acquire()
    waiting = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )

    async def end_who_waits():
        while not await blocker.fetch(waiting):  # noqa: ASYNC110 - it waits inside PostgreSQL
            await anyio.sleep(0.01)

    async with blocker.transaction():
        await blocker.execute("LOCK TABLE station")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(end_who_waits)
            assert_problem(await client.get("/v1/stations"), 503, "busy")
    await database_module.ENGINE.pool.release(blocker)


async def test_what_nobody_expected_is_told_without_details_and_logged(client, monkeypatch, caplog):
    async def broken(**_):
        raise asyncpg.DataError("invalid input: '王小明'")

    monkeypatch.setattr(store.stations, "listing", broken)
    with caplog.at_level(logging.ERROR):
        response = await client.get("/v1/stations", headers={"X-Request-Id": "abc-1"})
    problem = assert_problem(response, 500, "internal")
    assert problem["request_id"] == "abc-1"
    assert "王小明" not in response.text
    assert [record.getMessage() for record in caplog.records if record.exc_info] == ["internal"]
