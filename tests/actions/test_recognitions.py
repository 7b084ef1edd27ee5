"""The annual lists: provisional, published, overtaken by a correction, issued anew."""

import asyncio
from datetime import date

import pytest

from tests import builders
from tests.actions.world import events, hours
from volunteer_svc.actions import corrections, name_consents, recognitions, volunteers
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.name_consents import ConsentToName
from volunteer_svc.actions.recognitions import Publish
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.registration import Guardian
from volunteer_svc.store.database import Violation, execute, fetch
from volunteer_svc.store.recognitions import Exclusion


@pytest.fixture
async def county(database):
    """Two stations; the first has three people with 900, 900 and 300 minutes of 2025."""
    stations = [await builders.station() for _ in range(2)]
    workers = [await builders.staff("social_worker", s.id) for s in stations]
    people = [await builders.active(stations[0].id) for _ in range(3)]
    for person, total in zip(people, (900, 900, 300), strict=True):
        await hours(workers[0], stations[0].id, person, total, date(2025, 1, 1))
    return stations, workers, people


@pytest.fixture(autouse=True)
def inducted_early(monkeypatch):
    """Hours of January 2025 need an induction before."""
    original = builders.active

    async def active(station_id, **changes):
        return await original(station_id, date(2024, 12, 2), **changes)

    monkeypatch.setattr(builders, "active", active)


def places(view):
    return [(e.volunteer_id, e.rank, e.minutes) for e in view.entries]


async def read(who, station_id, year=2025):
    return await recognitions.read_recognition(who.call(), year, station_id)


async def publish(who, station_id, *exclusions, year=2025, replaces=0):
    request = Publish(
        station_id=station_id,
        replaces=replaces,
        exclusions=[Exclusion(p.id, "有投诉待查") for p in exclusions],
    )
    return await recognitions.publish_recognition(who.call(), year, request)


@pytest.mark.rule("R7")
async def test_hours_are_ranked_where_they_were_given_and_once_for_the_county(county):
    stations, workers, people = county
    await hours(workers[1], stations[1].id, people[2], 700, date(2025, 6, 1))
    head = await builders.staff("county")
    here = await read(head, stations[0].id)
    assert [(r, m) for _, r, m in places(here)] == [(1, 900), (1, 900), (3, 300)]
    there = await read(head, stations[1].id)
    assert places(there) == [(people[2].id, 1, 700)]
    everywhere = await read(head, None)
    assert places(everywhere)[0] == (people[2].id, 1, 1_000)
    assert everywhere.status == "provisional"


async def test_only_a_head_publishes_his_own_list_and_only_the_county_the_countys(county):
    stations, workers, _ = county
    head = await builders.staff("station_head", stations[0].id)
    deputy = await builders.staff("deputy_head", stations[0].id)
    for who, station_id in (
        (workers[0], stations[0].id),
        (deputy, stations[0].id),
        (head, stations[1].id),
        (head, None),
    ):
        with pytest.raises(Refusal, match="forbidden"):
            await publish(who, station_id)
    assert (await publish(head, stations[0].id)).status == "published"


async def test_a_year_that_runs_is_not_published(county):
    stations, _, _ = county
    head = await builders.staff("station_head", stations[0].id)
    with pytest.raises(Refusal, match="year_not_over"):
        await publish(head, stations[0].id, year=2026)


@pytest.mark.rule("R7")
async def test_who_is_excluded_lets_the_next_move_up(county):
    stations, _, people = county
    head = await builders.staff("station_head", stations[0].id)
    view = await publish(head, stations[0].id, people[0])
    assert places(view) == [(people[1].id, 1, 900), (people[2].id, 2, 300)]
    assert view.exclusions == [Exclusion(people[0].id, "有投诉待查")]


async def test_leaving_out_somebody_of_another_station_tells_nobody_who_he_is(county):
    stations, _, people = county
    head = await builders.staff("station_head", stations[0].id)
    foreign = await builders.active(stations[1].id, name="外站人")
    wanted = Publish(
        station_id=stations[0].id,
        exclusions=[Exclusion(who.id, "想知道是谁") for who in (people[0], foreign)],
    )
    near, far = (await recognitions.draft_recognition(head.call(), 2025, wanted)).left_out
    assert (near.name, near.member_no) == (people[0].form.name, people[0].member_no)
    assert (far.name, far.member_no) == ("外**", None)


async def test_an_issue_changes_by_the_database_in_nothing_but_a_reason_taken_out(county):
    stations, _, people = county
    head = await builders.staff("station_head", stations[0].id)
    await publish(head, stations[0].id, people[0])
    for change in (
        "exclusions = '[]'",
        "exclusions = jsonb_set(exclusions, '{0,reason}', '\"anders\"')",
        "exclusions = jsonb_set(exclusions, '{0,reason}', '\"-\"'), version = 7",
        "exclusions = jsonb_set(exclusions, '{0,volunteer_id}', '\"-\"')",
        "entries = '[]'",
    ):
        with pytest.raises(Violation):
            await execute(f"UPDATE recognition_issue SET {change}")
    with pytest.raises(Violation):
        await execute("DELETE FROM recognition_issue")


@pytest.mark.rule("R7")
async def test_a_published_list_is_frozen_flagged_and_issued_anew(county):
    stations, workers, people = county
    head = await builders.staff("station_head", stations[0].id)
    first = await publish(head, stations[0].id)
    with pytest.raises(Refusal, match="recognition_unchanged"):
        await publish(head, stations[0].id, replaces=1)
    (row, *_) = await fetch(
        "SELECT id FROM service_record WHERE volunteer_id = $1 ORDER BY served_on", people[0].id
    )
    await corrections.correct_record(
        workers[0].call(), row["id"], Correct(minutes=10, reason="核对签到表")
    )
    after = await read(head, stations[0].id)
    assert places(after) == places(first)
    assert after.outdated
    again = await publish(head, stations[0].id, replaces=1)
    assert (again.version, again.outdated) == (2, False)
    assert places(again)[0] == (people[1].id, 1, 900)
    (published,) = await events("recognition.published")
    (amended,) = await events("recognition.amended")
    assert (published["version"], amended["version"]) == (1, 2)
    assert published["recognition_id"] == amended["recognition_id"]


@pytest.mark.rule("R7")
async def test_who_left_this_year_is_still_on_last_years_list_and_not_on_this_ones(county):
    stations, workers, people = county
    await hours(workers[0], stations[0].id, people[0], 100)
    await volunteers.exit_volunteer(
        workers[0].call(), people[0].id, WithReason(reason="搬家"), None
    )
    head = await builders.staff("station_head", stations[0].id)
    assert people[0].id in [e.volunteer_id for e in (await read(head, stations[0].id)).entries]
    this_year = await read(head, stations[0].id, year=2026)
    assert this_year.entries == []


@pytest.mark.rule("R19")
async def test_outside_the_stations_names_are_masked(county):
    stations, workers, _ = county
    auditor = await builders.staff("auditor")
    assert {e.name for e in (await read(auditor, stations[0].id)).entries} == {"王**"}
    assert {e.name for e in (await read(workers[0], stations[0].id)).entries} == {"王小明"}


@pytest.mark.rule("R7")
async def test_of_two_heads_who_publish_at_once_one_wins_and_the_other_is_told(county):
    stations, _, people = county
    heads = [await builders.staff("station_head", stations[0].id) for _ in range(2)]
    told = await asyncio.gather(
        publish(heads[0], stations[0].id),
        publish(heads[1], stations[0].id, people[0]),
        return_exceptions=True,
    )
    (refused,) = [one for one in told if isinstance(one, Refusal)]
    assert (refused.code, refused.kind) == ("recognition_published_meanwhile", "conflict")
    assert refused.faults[0].params == {"version": 1}
    assert len(await events("recognition.published")) == 1
    assert await events("recognition.amended") == []


@pytest.mark.rule("R19")
async def test_who_consents_is_named_outside_until_he_takes_it_back(county):
    stations, _, people = county
    outside = await builders.staff("auditor")
    himself = await builders.signed_in(people[0].id)

    async def named():
        view = await read(outside, stations[0].id)
        return {e.volunteer_id for e in view.entries if e.name == "王小明"}

    for wish in (True, False, True):
        request = ConsentToName(named=wish)
        await name_consents.set_name_consent(himself.call(), people[0].id, request)
        assert await named() == ({people[0].id} if wish else set())
    stranger = await builders.signed_in(people[1].id)
    with pytest.raises(Refusal, match="forbidden"):
        await name_consents.set_name_consent(stranger.call(), people[0].id, request)


@pytest.mark.rule("R19")
async def test_a_minor_consents_to_being_named_with_his_guardian_at_the_desk(county):
    stations, workers, _ = county
    guardian = {"name": "王大明", "relation": "父亲", "phone": "10000000009",
                "consented_on": date(2024, 12, 2), "text_version": "1"}  # fmt: skip
    minor = await builders.active(
        stations[0].id, birth_date=date(2010, 1, 1), guardian=Guardian(**guardian)
    )
    himself, request = await builders.signed_in(minor.id), ConsentToName(named=True)
    with pytest.raises(Refusal, match="guardian_at_desk"):
        await name_consents.set_name_consent(himself.call(), minor.id, request)
    done = await name_consents.set_name_consent(workers[0].call(), minor.id, request)
    assert done.named
