"""Lists continue where they ended, and end."""

import pytest

from tests.builders import TODAY, active, staff, station


async def walk(client, path, auth, method="GET", **options):
    """All items of a list, two at a time."""
    items, cursor, pages = [], None, 0
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        response = await client.request(method, path, params=params, headers=auth, **options)
        assert response.status_code == 200, response.text
        page = response.json()
        assert set(page) == {"items", "next"}
        assert len(page["items"]) <= 2
        items += page["items"]
        pages += 1
        cursor = page["next"]
        if cursor is None:
            return items, pages


@pytest.fixture
async def county():
    return await staff("county")


async def test_a_list_of_five_has_three_pages(client, county):
    for _ in range(5):
        await station()
    items, pages = await walk(client, "/v1/stations", county.auth)
    assert (len({item["code"] for item in items}), pages) == (5, 3)


async def test_a_full_last_page_has_no_next(client, county):
    for _ in range(4):
        await station()
    _, pages = await walk(client, "/v1/stations", county.auth)
    assert pages == 2


async def test_every_list_is_walked_without_loss_and_double(client, county):
    home = await station()
    people = [await active(home.id) for _ in range(3)]
    worker = await staff("social_worker", home.id)
    admin = await staff("admin")
    for person in people:
        line = {"volunteer_id": str(person.id), "served_on": TODAY.isoformat(), "minutes": 200}
        body = {"station_id": str(home.id), "entries": [line] * 3}
        response = await client.post("/v1/service-records", json=body, headers=worker.auth)
        outcomes = [one["outcome"] for one in response.json()["outcomes"]]
        assert outcomes == ["counted", "counted", "waiting"]
        counted = response.json()["outcomes"][0]["record_id"]
        more = {"minutes": 210, "reason": "x"}
        path = f"/v1/service-records/{counted}/corrections"
        await client.post(path, json=more, headers=worker.auth)
    for method, path, auth, count in (
        ("GET", "/v1/registrations", county.auth, 3),
        ("GET", "/v1/induction-sessions", county.auth, 3),
        ("POST", "/v1/volunteers/search", county.auth, 3),
        ("GET", f"/v1/volunteers/{people[0].id}/ledger", worker.auth, 2),
        ("GET", f"/v1/volunteers/{people[0].id}/service-records", worker.auth, 3),
        ("GET", "/v1/service-records", county.auth, 9),
        ("GET", "/v1/approvals", county.auth, 6),
        ("GET", "/v1/accounts", admin.auth, 9),
    ):
        options = {"json": {}} if method == "POST" else {}
        items, _ = await walk(client, path, auth, method, **options)
        assert len(items) == len({item["id"] for item in items}) == count, path
    waiting, _ = await walk(client, "/v1/approvals", county.auth)
    assert sorted(item["kind"] for item in waiting) == ["correction"] * 3 + ["record"] * 3
