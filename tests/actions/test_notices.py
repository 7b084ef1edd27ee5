"""Notices of activities: in the inbox at once, and sent to a telephone, each once."""

from datetime import timedelta

import pytest

from tests import builders
from tests.actions.plans import START, published, signs_up, withdraws
from tests.builders import NOW
from volunteer_svc.actions import activities, agenda, notices, reminders
from volunteer_svc.actions.activities import CancelActivity
from volunteer_svc.domain.calendar import local_instant

PAGE = {"after": None, "limit": 20}


@pytest.fixture
async def here(database):
    home = await builders.station()
    return home.id, await builders.staff("social_worker", home.id)


def cancelled(worker, activity, now=NOW):
    return activities.cancel_activity(worker.call(now), activity.id, CancelActivity(reason="大雪"))


async def sent(now=NOW):
    """What the worker takes to send, and the channel takes from it."""
    messages = await reminders.take_due(builders.call(now=now))
    for one in messages:
        await reminders.sent(builders.call(now=now), one.id)
    return messages


async def test_who_moves_up_and_whose_activity_is_cancelled_is_told_once(here):
    station_id, worker = here
    one = await published(worker, station_id, capacity=1)
    first, second = [await builders.active(station_id) for _ in range(2)]
    for person in (first, second):
        await signs_up(worker, one, person)
    await withdraws(worker, one, first)
    (message,) = await sent()
    assert (message.phone, message.title) == (second.form.phone, "有名额了")
    assert "敬老院陪伴" in message.text
    assert "2026-11-22 12:00" in message.text
    assert second.form.name not in message.text
    await cancelled(worker, one)
    (message,) = await sent()
    assert (message.phone, message.title) == (second.form.phone, "活动取消")
    assert await sent() == []
    inbox = await notices.notices(worker.call(), second.id, **PAGE, newest_first=True)
    assert [n.kind for n in inbox] == ["cancelled", "moved_up"]
    assert await notices.unread(worker.call(), second.id) == 2


async def test_without_a_telephone_the_station_calls(here):
    station_id, worker = here
    one = await published(worker, station_id)
    person = await builders.active(station_id, phone="")
    await signs_up(worker, one, person)
    await cancelled(worker, one)
    assert await sent() == []
    (row,) = await reminders.listed(worker.call(), station_id=None, **PAGE)
    assert (row.kind, row.volunteer_id) == ("activity_cancelled", person.id)


async def test_what_was_read_or_given_back_or_has_begun_is_not_sent(here):
    station_id, worker = here
    people = [await builders.active(station_id) for _ in range(4)]
    reads, gives_back, late = [
        await published(worker, station_id, capacity=1) for _ in range(3)
    ]  # fmt: skip
    for one, who in ((reads, 1), (gives_back, 2), (late, 3)):
        await signs_up(worker, one, people[0])
        await signs_up(worker, one, people[who])
        await withdraws(worker, one, people[0])
    await notices.read_notices(worker.call(), people[1].id)
    await withdraws(worker, gives_back, people[2])
    assert await sent(START) == []
    assert await sent() == []


async def test_at_night_only_that_tomorrow_is_cancelled_is_sent(here):
    station_id, worker = here
    night = local_instant(START.date() - timedelta(days=1), 22 * 60)
    person = await builders.active(station_id)
    tomorrow, later = [
        await published(worker, station_id, started_at=START + timedelta(days=days),
                        ended_at=START + timedelta(days=days, hours=1))
        for days in (0, 3)
    ]  # fmt: skip
    for one in (tomorrow, later):
        await signs_up(worker, one, person)
        await cancelled(worker, one, night)
    assert len(await sent(night)) == 1
    assert len(await sent(local_instant(START.date(), 8 * 60))) == 1


async def test_an_agenda_shows_what_comes_what_is_over_and_what_keeps_somebody_away(here):
    station_id, worker = here
    person = await builders.active(station_id)
    himself = await builders.signed_in(person.id)
    elsewhere = (await builders.station()).id
    desk = await builders.staff("social_worker", elsewhere)
    near = await published(worker, station_id, capacity=1)
    far = await published(desk, elsewhere, minimum_age=80)
    left = await published(worker, station_id, started_at=START - timedelta(hours=5))
    await signs_up(himself, near, person)
    await signs_up(himself, left, person)
    await withdraws(himself, left, person)
    there = himself.call()
    found = await agenda.coming(there, person.id, station_id=None, **PAGE)
    assert [(i.activity.id, i.signup is not None) for i in found] == [
        (left.id, False), (near.id, True), (far.id, False),
    ]  # fmt: skip
    behind = await agenda.coming(there, person.id, station_id=None, after=near.id, limit=1)
    assert [i.activity.id for i in behind] == [far.id]
    only = await agenda.coming(there, person.id, station_id=elsewhere, **PAGE)
    assert [i.activity.id for i in only] == [far.id]
    assert (await agenda.look(there, person.id, near.id)).faults == []
    (fault,) = (await agenda.look(there, person.id, far.id)).faults
    assert fault.code == "too_young_on_the_day"
    own = await agenda.own(there, person.id, past=False, **PAGE)
    assert [i.activity.id for i in own] == [near.id]
    past = await agenda.own(there, person.id, past=True, **PAGE)
    assert [(i.activity.id, i.signup.state) for i in past] == [(left.id, "withdrawn")]
    at_site = himself.call(START)
    assert (await agenda.look(at_site, person.id, near.id)).item.step == "in"
    over = himself.call(START + timedelta(hours=3))
    assert [i.activity.id for i in await agenda.own(over, person.id, past=True, **PAGE)] == [
        near.id, left.id,
    ]  # fmt: skip
