"""A new policy: planned, tried on everybody, activated on its day, everybody rated by it (R6)."""

from datetime import date, timedelta

import pytest

from tests import builders
from tests.actions.world import events, hours, line, record
from tests.builders import NOW, TODAY
from volunteer_svc import store
from volunteer_svc.actions import policies, re_evaluation, volunteers
from volunteer_svc.actions.policies import PlanPolicy
from volunteer_svc.actions.verification import Verified, verify_all
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.verification import snapshot

THEN = TODAY + timedelta(days=10)
ON_THE_DAY = NOW + timedelta(days=10)
EASIER = [60, 120, 180, 240, 300]


@pytest.fixture
async def county(database):
    return await builders.staff("county")


def plan(who, version="v2", **fields):
    request = PlanPolicy(**{"version": version, "valid_from": THEN, "reason": "县里决定"} | fields)
    return policies.plan_policy(who.call(), request)


async def rated(now=ON_THE_DAY):
    while await re_evaluation.activate_next(builders.call(now=now)):
        pass
    while await re_evaluation.rate_batch(builders.call(now=now)):
        pass


async def with_minutes(*minutes):
    station = await builders.station()
    worker = await builders.staff("social_worker", station.id)
    people = [await builders.active(station.id) for _ in minutes]
    for person, total in zip(people, minutes, strict=True):
        if total:
            await hours(worker, station.id, person, total)
    return worker, people


async def stars(worker, people, now=ON_THE_DAY):
    views = [await volunteers.read_volunteer(worker.call(now), person.id) for person in people]
    return [view.star for view in views]


async def verified(config):
    async with snapshot(config) as one:
        return [d async for d in verify_all(one, Verified(), lambda *_: None)]


@pytest.mark.rule("R6")
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"star_minutes": [30_000, 24_000, 18_000, 12_000, 6_000]}, "stars_not_ascending"),
        ({"star_minutes": [60, 60, 180, 240, 300]}, "stars_not_ascending"),
        ({"star_minutes": [0, 60, 180, 240, 300]}, "stars_not_ascending"),
        ({"star_minutes": [60, 120]}, "stars_not_five"),
        ({"valid_from": TODAY}, "date_not_future"),
        ({"version": "jilin-2021"}, "policy_exists"),
        ({"min_age": 3}, "number_out_of_range"),
        ({"records_kept_years": 9}, "number_out_of_range"),
        ({"day_minutes_direct": 721}, "direct_above_max"),
    ],
)
async def test_a_policy_that_cannot_hold_is_refused(county, fields, code):
    with pytest.raises(Refusal, match=code):
        await plan(county, **fields)
    assert len(await policies.policies(county.call())) == 1


async def test_a_plan_keeps_what_it_does_not_change_and_can_be_withdrawn_before_its_day(county):
    made = await plan(county, preset="national", complaint_workdays=5)
    assert made.star_minutes == (6_000, 18_000, 36_000, 60_000, 90_000)
    assert (made.complaint_workdays, made.objection_workdays) == (5, 3)
    with pytest.raises(Refusal, match="policy_day_taken"):
        await plan(county, "v3")
    first, second = await policies.policies(county.call())
    assert (first.status, second.status, second.reason) == ("in_force", "planned", "县里决定")
    await policies.withdraw_policy(county.call(), "v2")
    assert len(await policies.policies(county.call())) == 1
    for version, code in (("v2", "not_found"), ("jilin-2021", "policy_in_force")):
        with pytest.raises(Refusal, match=code):
            await policies.withdraw_policy(county.call(), version)
    head = await builders.staff("station_head", (await builders.station()).id)
    with pytest.raises(Refusal, match="forbidden"):
        await plan(head)


@pytest.mark.rule("R6")
async def test_the_dry_run_says_who_would_change_and_how_and_changes_nothing(county):
    worker, people = await with_minutes(0, 100, 200, 12_000)
    await plan(county, star_minutes=[60, 180, 600, 20_000, 30_000])
    told = await policies.dry_run(county.call(), "v2")
    assert (told.volunteers, told.promoted, told.revoked) == (4, 3, 0)
    assert [(m.from_star, m.to_star, m.volunteers) for m in told.moves] == [
        (0, 1, 1), (0, 2, 1), (2, 3, 1),
    ]  # fmt: skip
    assert told.by_station == {str(worker.actor.station_id): 3}
    rows = await policies.would_change(county.call(), "v2", after=None, limit=2)
    rest = await policies.would_change(county.call(), "v2", after=rows[-1].volunteer_id, limit=9)
    by_id = {row.volunteer_id: (row.from_star, row.to_star) for row in rows + rest}
    assert by_id == {people[1].id: (0, 1), people[2].id: (0, 2), people[3].id: (2, 3)}
    assert await stars(worker, people) == [0, 0, 0, 2]


@pytest.mark.rule("R6")
async def test_on_its_day_everybody_is_rated_once_with_events_and_an_explanation(
    county, database, monkeypatch
):
    worker, people = await with_minutes(0, 100, 200, 12_000)
    await plan(county, star_minutes=[60, 180, 13_000, 20_000, 30_000])
    await rated(NOW + timedelta(days=9))
    assert await events("policy.activated") == []
    monkeypatch.setattr(re_evaluation, "BATCH", 2)
    assert await re_evaluation.activate_next(builders.call(now=ON_THE_DAY)) == "v2"
    assert await re_evaluation.rate_batch(builders.call(now=ON_THE_DAY))
    run = await store.re_evaluations.of("v2")
    assert (run.total, run.done, run.finished_at) == (4, 2, None)  # to be taken up again
    await rated()
    await rated()
    run = await store.re_evaluations.of("v2")
    assert (run.total, run.done, run.promoted, run.revoked) == (4, 4, 3, 0)
    assert run.finished_at == ON_THE_DAY
    assert await stars(worker, people) == [0, 1, 2, 2]
    (activated,) = await events("policy.activated")
    assert (activated["subject"], activated["volunteers"]) == ("policy/v2", 4)
    promoted = [e for e in await events("star.promoted") if e["caused_by"]["kind"] == "policy"]
    assert {e["caused_by"]["id"] for e in promoted} == {activated["re_evaluation_id"]}
    assert {e["policy_version"] for e in promoted} == {"v2"}
    told = await volunteers.read_stars(worker.call(ON_THE_DAY), people[2].id)
    assert [(s.from_star, s.to_star, s.cause_kind) for s in told.history] == [
        (0, 1, "policy"), (1, 2, "policy"),
    ]  # fmt: skip
    assert (told.policy_version, told.next.threshold_minutes) == ("v2", 13_000)
    assert await verified(database) == []


@pytest.mark.rule("R6")
async def test_a_harder_policy_takes_stars_back_and_hours_after_it_are_rated_by_it(
    county, database
):
    worker, (person,) = await with_minutes(12_000)
    await plan(county, preset="national")
    await record(worker, person.station_id, line(person, minutes=30))
    await rated()
    assert await stars(worker, [person]) == [1]
    (revoked,) = await events("star.revoked")
    assert (revoked["from_star"], revoked["to_star"]) == (2, 1)
    await hours(worker, person.station_id, person, 5_970, since=date(2026, 2, 1))
    assert await stars(worker, [person]) == [2]
    await plan(county, "v3", valid_from=THEN + timedelta(days=1), preset="guideline")
    await rated(ON_THE_DAY + timedelta(days=1))
    assert await stars(worker, [person]) == [3]
    told = await volunteers.read_stars(worker.call(ON_THE_DAY), person.id)
    assert [s.policy_version for s in told.history] == [
        "jilin-2021", "jilin-2021", "v2", "v2", "v3",
    ]  # fmt: skip
    assert await verified(database) == []


async def test_who_joins_on_the_day_is_rated_by_the_new_policy_from_the_first_hour(county):
    await plan(county, star_minutes=EASIER)
    await rated()
    station = await builders.station()
    new = await builders.registered(station.id, THEN)
    (loaded,) = (await store.volunteers.load([new.id])).values()
    assert loaded.rated_under == "v2"
