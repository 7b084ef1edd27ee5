"""Activities: planned, edited, published, cancelled; series."""

from datetime import timedelta

import pytest

from tests import builders
from tests.actions.plans import END, START, plan, planned, published, signs_up, standing
from tests.actions.world import assert_books_agree, events
from tests.builders import NOW
from volunteer_svc.actions import activities, notices
from volunteer_svc.actions.activities import (
    CancelActivity,
    EditActivity,
    PublishActivity,
    RepeatRule,
)
from volunteer_svc.domain.errors import Refusal

ALL = {"station_id": None, "from_on": None, "to_on": None, "after": None, "limit": 50}


@pytest.fixture
async def here(database):
    home = await builders.station()
    return home.id, await builders.staff("social_worker", home.id)


async def test_an_activity_is_edited_while_it_is_planned_and_not_after(here):
    station_id, worker = here
    one = await planned(worker, station_id)
    await builders.topics("fire", "first-aid")
    edit = EditActivity(title="改名", capacity=5, required_topics=["fire", "fire", "first-aid"])
    edited = await activities.edit_activity(worker.call(), one.id, edit, one.revision)
    assert (edited.title, edited.capacity, edited.required_topics) == (
        "改名",
        5,
        ("fire", "first-aid"),
    )
    assert await activities.read_activity(worker.call(), one.id) == edited
    with pytest.raises(Refusal, match="changed_meanwhile"):
        await activities.edit_activity(worker.call(), one.id, edit, one.revision)
    wrong = EditActivity(ended_at=START - timedelta(hours=1))
    with pytest.raises(Refusal, match="end_not_after_start"):
        await activities.edit_activity(worker.call(), one.id, wrong, None)
    await activities.publish_activity(worker.call(), one.id, PublishActivity())
    for act in (
        activities.edit_activity(worker.call(), one.id, edit, None),
        activities.publish_activity(worker.call(), one.id, PublishActivity()),
    ):
        with pytest.raises(Refusal, match="activity_not_planned"):
            await act
    (told,) = await events("activity.published")
    assert told["activity_id"] == str(one.id)
    assert told["capacity"] == 5


async def test_a_window_that_makes_no_sense_is_refused(here):
    station_id, worker = here
    for code, window in {
        "end_not_after_start": {"started_at": END, "ended_at": START},
        "longer_than_a_day": {"ended_at": START + timedelta(hours=25)},
        "activity_in_past": {"started_at": NOW, "ended_at": NOW + timedelta(hours=1)},
    }.items():
        with pytest.raises(Refusal, match=code):
            await activities.plan_activity(worker.call(), plan(station_id, **window))


async def test_planned_ones_are_the_desks_published_ones_everybodys(here):
    station_id, worker = here
    hidden, seen = await planned(worker, station_id), await published(worker, station_id)
    elsewhere = await builders.staff("social_worker", (await builders.station()).id)
    person = await builders.active(station_id)
    himself = await builders.signed_in(person.id)
    county = await builders.staff("county")
    for who, expected in (
        (worker, {hidden.id, seen.id}),
        (county, {hidden.id, seen.id}),
        (elsewhere, {seen.id}),
        (himself, {seen.id}),
    ):
        assert {a.id for a in await activities.activities(who.call(), **ALL)} == expected
    with pytest.raises(Refusal, match="not_found"):
        await activities.read_activity(himself.call(), hidden.id)
    with pytest.raises(Refusal, match="not_found"):
        await signs_up(himself, hidden, person)
    with pytest.raises(Refusal, match="forbidden"):
        await activities.publish_activity(elsewhere.call(), hidden.id, PublishActivity())


async def test_a_list_is_narrowed_to_days(here):
    station_id, worker = here
    one = await published(worker, station_id)
    day = one.held_on
    for from_on, to_on, found in ((day, day, 1), (day + timedelta(days=1), None, 0)):
        asked = ALL | {"from_on": from_on, "to_on": to_on}
        assert len(await activities.activities(worker.call(), **asked)) == found
    with pytest.raises(Refusal, match="date_out_of_range"):
        await activities.activities(worker.call(), **ALL | {"from_on": day.replace(year=1)})


async def test_who_signed_up_for_what_is_cancelled_is_told(here):
    station_id, worker = here
    one = await published(worker, station_id, capacity=1)
    people = [await builders.active(station_id) for _ in range(2)]
    for person in people:
        await signs_up(worker, one, person)
    cancel = CancelActivity(reason="大雪")
    await activities.cancel_activity(worker.call(), one.id, cancel)
    (told,) = await events("activity.cancelled")
    assert (told["confirmed"], told["waiting"]) == (1, 1)
    assert await standing(one) == []
    for person in people:
        himself = await builders.signed_in(person.id)
        found = await notices.notices(himself.call(), person.id, after=None, limit=5)
        assert [n.kind for n in found] == ["cancelled"]
        await notices.read_notices(himself.call(), person.id)
        (found,) = await notices.notices(himself.call(), person.id, after=None, limit=5)
        assert found.read_at == NOW
    with pytest.raises(Refusal, match="activity_cancelled"):
        await activities.cancel_activity(worker.call(), one.id, cancel)
    with pytest.raises(Refusal, match="activity_cancelled"):
        await signs_up(worker, one, people[0])
    await assert_books_agree()


async def test_a_series_is_published_and_cancelled_from_one_on(here):
    station_id, worker = here
    rule = RepeatRule(every="week", count=4)
    made = await activities.plan_activity(worker.call(), plan(station_id, repeat=rule))
    series = made.activities
    assert len({one.series_id for one in series}) == 1
    assert [one.started_at - START for one in series] == [timedelta(weeks=n) for n in range(4)]
    everything = PublishActivity(following=True)
    result = await activities.publish_activity(worker.call(), series[1].id, everything)
    assert [one.id for one in result.activities] == [one.id for one in series[1:]]
    cancel = CancelActivity(reason="改期", following=True)
    result = await activities.cancel_activity(worker.call(), series[2].id, cancel)
    assert [one.id for one in result.activities] == [one.id for one in series[2:]]
    states = [(await activities.read_activity(worker.call(), one.id)).state for one in series]
    assert states == ["planned", "published", "cancelled", "cancelled"]
    assert len(await events("activity.published")) == 3
    assert len(await events("activity.cancelled")) == 2
    await assert_books_agree()
