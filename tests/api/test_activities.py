"""Activities over HTTP: one who plans, 32 who want the one place, and bad input."""

import asyncio

import pytest

from tests import builders
from tests.actions.plans import END, START, published, standing

BODY = {
    "kind": "elder_care", "form": "home_visit", "title": "走访", "capacity": 2,
    "started_at": f"{START:%FT%TZ}", "ended_at": f"{END:%FT%TZ}",
}  # fmt: skip


@pytest.fixture
async def here(client):
    home = await builders.station()
    return home.id, await builders.staff("social_worker", home.id)


async def test_of_32_clients_for_one_place_one_wins_and_the_list_is_in_order(client, here):
    station_id, worker = here
    one = await published(worker, station_id, capacity=1)
    people = [await builders.active(station_id) for _ in range(32)]
    themselves = [await builders.signed_in(person.id) for person in people]

    async def sign_up(who, person):
        path = f"/v1/activities/{one.id}/sign-ups"
        return await client.post(path, json={"volunteer_id": str(person.id)}, headers=who.auth)

    answers = await asyncio.gather(*map(sign_up, themselves, people))
    assert {answer.status_code for answer in answers} == {201}
    made = sorted((answer.json() for answer in answers), key=lambda s: s["number"])
    assert [s["state"] for s in made] == ["confirmed"] + ["waiting"] * 31
    assert [str(who) for who, _ in await standing(one)] == [s["volunteer_id"] for s in made]


async def test_planned_published_signed_up_and_withdrawn(client, here):
    station_id, worker = here
    person = await builders.active(station_id)
    himself = await builders.signed_in(person.id)
    plan = BODY | {"station_id": str(station_id), "repeat": {"every": "month", "count": 2}}
    answer = await client.post("/v1/activities", json=plan, headers=worker.auth)
    assert answer.status_code == 201, answer.text
    first, second = answer.json()["activities"]
    assert first["series_id"] == second["series_id"]
    path = f"/v1/activities/{first['id']}"
    read = await client.get(path, headers=worker.auth)
    edited = await client.patch(
        path, json={"capacity": 1}, headers=worker.auth | {"If-Match": read.headers["ETag"]}
    )
    assert edited.json()["capacity"] == 1
    await client.post(f"{path}/publish", json={}, headers=worker.auth)
    body = {"volunteer_id": str(person.id)}
    once = himself.auth | {"Idempotency-Key": "a"}
    for _ in range(2):
        answer = await client.post(f"{path}/sign-ups", json=body, headers=once)
        assert (answer.status_code, answer.json()["state"]) == (201, "confirmed")
    mine = await client.get(f"/v1/volunteers/{person.id}/sign-ups", headers=himself.auth)
    assert [s["activity_id"] for s in mine.json()["items"]] == [first["id"]]
    gone = f"{path}/sign-ups/{person.id}/withdraw"
    assert (await client.post(gone, json={}, headers=himself.auth)).json()["state"] == "withdrawn"
    assert (await client.post(gone, json={}, headers=himself.auth)).status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"ended_at": f"{START:%FT%TZ}"}, 422, "end_not_after_start"),
        ({"started_at": "2026-11-22T09:00:00"}, 400, "time_needs_offset"),
        ({"started_at": "2020-01-01T09:00:00Z", "ended_at": "2020-01-01T10:00:00Z"}, 422,
         "activity_in_past"),
        ({"started_at": "9999-12-31T23:00:00Z", "ended_at": "9999-12-31T23:30:00Z"}, 422,
         "date_out_of_range"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, 422, None),
        ({"capacity": 0}, 400, None),
        ({"minimum_age": 13}, 400, None),
        ({"title": ""}, 400, None),
        ({"repeat": {"every": "month", "count": 54}}, 400, None),
        ({"repeat": {"every": "month", "count": 53, "interval": 12}}, 422, "date_out_of_range"),
        ({"required_topics": ["a b"]}, 400, None),
    ],
)  # fmt: skip
async def test_a_plan_that_makes_no_sense_is_told_what_is_wrong(client, here, change, status, code):
    station_id, worker = here
    plan = BODY | {"station_id": str(station_id)} | change
    answer = await client.post("/v1/activities", json=plan, headers=worker.auth)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    if code:
        assert answer.json()["code"] == code


async def test_days_that_no_calendar_holds_are_refused(client, here):
    _, worker = here
    for query in ("from_on=0001-01-01", "to_on=9999-12-31"):
        answer = await client.get(f"/v1/activities?{query}", headers=worker.auth)
        assert answer.json()["code"] == "date_out_of_range"
