"""The figures of a station and of the county: sums and counts, and nothing of a person."""

from datetime import date, timedelta

import pytest

from tests.actions.world import hours, line, record
from tests.builders import TODAY, active, registered, staff, station
from volunteer_svc import ids
from volunteer_svc.actions import volunteers
from volunteer_svc.actions.volunteers import WithReason


@pytest.fixture
async def home(database):
    return await station(name="红旗街道社工站")


async def figures(client, who, **params):
    response = await client.get("/v1/dashboard", headers=who.auth, params=params)
    assert response.status_code == 200, response.text
    return response.json()


async def test_hours_stand_by_month_and_kind_and_what_waits_counts_for_nothing(client, home):
    worker = await staff("social_worker", home.id)
    person = await active(home.id)
    await record(
        worker, home.id,
        line(person, served_on=date(2026, 1, 31), minutes=90, kind="elder_care"),
        line(person, served_on=date(2026, 2, 1), minutes=60),
        line(person, served_on=date(2026, 2, 2), minutes=30),
        line(person, served_on=date(2026, 2, 3), minutes=500),
        line(person, served_on=date(2025, 12, 31), minutes=45),
    )  # fmt: skip
    got = await figures(client, worker)
    assert got["months"] == [
        {"month": 1, "kind": "elder_care", "records": 1, "minutes": 90},
        {"month": 2, "kind": None, "records": 2, "minutes": 90},
    ]
    assert (got["minutes"], got["records"], got["served"], got["members"]) == (180, 3, 1, 1)
    assert (await figures(client, worker, year=2025))["minutes"] == 45


async def test_stars_growth_and_funnel_tell_what_the_files_say(client, home):
    worker = await staff("social_worker", home.id)
    starred = await active(home.id, date(2025, 3, 3))
    await hours(worker, home.id, starred, 130 * 60)
    await active(home.id, date(2026, 2, 2))
    leaver = await active(home.id, date(2026, 2, 2))
    await registered(home.id, TODAY - timedelta(days=200))
    await registered(home.id, TODAY - timedelta(days=10))
    await volunteers.exit_volunteer(worker.call(), leaver.id, WithReason(reason="搬家"), None)
    got = await figures(client, worker)
    assert got["stars"] == [1, 1, 0, 0, 0, 0]
    assert got["funnel"] == {"applied": 4, "registered": 4, "inducted": 2,
                             "waiting": 1, "lapsed": 1, "declined": 0}  # fmt: skip
    assert [one["month"] for one in got["growth"]] == list(range(1, TODAY.month + 1))
    assert got["growth"][0] == {"month": 1, "joined": 0, "left": 0, "members": 1}
    assert got["growth"][1] == {"month": 2, "joined": 2, "left": 0, "members": 3}
    assert got["growth"][-1] == {"month": 11, "joined": 0, "left": 1, "members": 2}


async def test_stations_stand_side_by_side_for_the_county_and_alone_for_themselves(client, home):
    there = await station()
    person = await active(home.id)
    for place, minutes in ((home, 60), (there, 30)):
        worker = await staff("social_worker", place.id)
        await record(worker, place.id, line(person, minutes=minutes))
    got = await figures(client, await staff("county"))
    shown = [(one["name"], one["members"], one["served"], one["minutes"])
             for one in got["stations"]]  # fmt: skip
    assert shown == [(home.name, 1, 1, 60), (there.name, 0, 1, 30)]
    assert (got["served"], got["minutes"]) == (1, 90), "who serves at two stations is one person"
    assert [one["minutes"] for one in (await figures(client, worker))["stations"]] == [30]


@pytest.mark.rule("R12")
async def test_the_bureau_reads_sums_and_no_person(client, home):
    person = await active(home.id, name="王小明")
    worker = await staff("social_worker", home.id)
    await record(worker, home.id, line(person, minutes=60, title="敬老院"))
    response = await client.get("/v1/dashboard", headers=(await staff("bureau")).auth)
    few = response.json()
    assert (few["minutes"], few["records"], few["served"]) == (None, None, 1), "his alone"
    assert few["stations"][0]["minutes"] is few["months"][0]["minutes"] is None
    for secret in ("王小明", "敬老院", str(person.id), person.member_no):
        assert secret not in response.text


@pytest.mark.rule("R12")
async def test_what_few_people_did_is_not_told_outside_nor_by_subtraction(client, home):
    places = [home, await station(), await station()]
    everybody = [await active(home.id) for _ in range(7)]
    for place, people, kind in zip(
        places, (everybody, everybody[:6], everybody[:1]),
        ("elder_care", "child_welfare", "social_affairs"), strict=True,
    ):  # fmt: skip
        worker = await staff("social_worker", place.id)
        await record(worker, place.id, *[line(one, minutes=30, kind=kind) for one in people])
    got = await figures(client, await staff("bureau"))
    assert (got["minutes"], got["records"], got["served"]) == (420, 14, 7)
    assert [one["minutes"] for one in got["stations"]] == [210, None, None]
    assert {one["kind"]: one["minutes"] for one in got["months"]} == {
        "elder_care": 210, "child_welfare": None, "social_affairs": None,
    }  # fmt: skip
    page = await client.get("/v1/dashboard", headers=(await staff("auditor")).auth)
    assert [one["minutes"] for one in page.json()["stations"]] == [210, 180, 30]


async def test_a_year_without_anything_is_zeros_and_a_strange_station_is_not_found(client, home):
    county = await staff("county")
    for year in (1980, 2199):
        got = await figures(client, county, year=year)
        assert (got["minutes"], got["months"], got["funnel"]["applied"]) == (0, [], 0)
    path = f"/v1/dashboard?station_id={ids.uuid7()}"
    assert (await client.get(path, headers=county.auth)).status_code == 404
    assert (await client.get("/v1/dashboard?year=0", headers=county.auth)).status_code == 400
