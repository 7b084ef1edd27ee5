"""Signing up for an induction: a plan, which the attendance list replaces."""

import asyncio
from datetime import timedelta

import pytest

from tests.builders import (
    NOW,
    TODAY,
    active,
    call,
    county,
    form,
    handed_in,
    registered,
    signed_in,
    staff,
    station,
)
from volunteer_svc.actions import erasures, inductions, merging, registrations
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.actions.inductions import Attendee, PlanSession, RecordAttendance
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.merging import MergeVolunteer
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import fetch

DAY = timedelta(days=1)


@pytest.fixture
async def home(database):
    return await station()


async def planned(home, on, place=""):
    worker = await staff("social_worker", home.id)
    request = PlanSession(station_id=home.id, held_on=on, place=place)
    return await inductions.plan_session(worker.call(), request)


async def test_who_is_registered_sees_the_next_sessions_of_his_station_inside_his_window(home):
    me = await signed_in((await registered(home.id)).id)
    elsewhere = await station()
    for where, on in ((home, TODAY + DAY), (home, TODAY), (home, TODAY - DAY),
                      (home, TODAY + 93 * DAY), (elsewhere, TODAY + DAY)):  # fmt: skip
        await planned(where, on)
    shown = await inductions.coming_sessions(me.call(), me.actor.id)
    assert [one.held_on for one in shown] == [TODAY, TODAY + DAY]
    assert not any(one.signed_up for one in shown)


async def test_one_place_at_a_time_and_none_again(home):
    person = await registered(home.id)
    me, worker = await signed_in(person.id), await staff("social_worker", home.id)
    first, second = await planned(home, TODAY + DAY), await planned(home, TODAY + 2 * DAY)
    for session in (first, second, second):
        await inductions.sign_up(me.call(), person.id, session.id)
    assert not await inductions.sign_ups(worker.call(), first.id)
    (listed,) = await inductions.sign_ups(worker.call(), second.id)
    assert (listed.volunteer_id, listed.name) == (person.id, person.form.name)
    assert [s.signed_up for s in await inductions.coming_sessions(me.call(), person.id)] == [
        False, True,
    ]  # fmt: skip
    for _ in range(2):
        await inductions.cancel_sign_up(me.call(), person.id)
    assert not await inductions.sign_ups(worker.call(), second.id)


async def test_of_two_requests_at_once_one_place_is_left(home):
    person = await registered(home.id)
    me = await signed_in(person.id)
    sessions = [await planned(home, TODAY + n * DAY) for n in range(1, 5)]
    await asyncio.gather(*(inductions.sign_up(me.call(), person.id, s.id) for s in sessions))
    assert (await fetch("SELECT count(*) FROM induction_sign_up"))[0][0] == 1


async def test_an_applicant_may_sign_up_before_his_materials_are_complete(home):
    await handed_in(call(), Register(station_id=home.id, form=form()))
    worker = await staff("social_worker", home.id)
    (row,) = await registrations.registrations(
        worker.call(), station_id=None, open_only=True, after=None, limit=2
    )
    me, session = await signed_in(row.volunteer_id), await planned(home, TODAY + DAY)
    assert (await inductions.sign_up(me.call(), row.volunteer_id, session.id)).signed_up


@pytest.mark.parametrize(
    ("days", "code"), [(-1, "induction_over"), (93, "induction_window_over"), (0, None)]
)
async def test_a_session_that_is_over_or_too_late_is_refused(home, days, code):
    person = await registered(home.id)
    me, session = await signed_in(person.id), await planned(home, TODAY + days * DAY)
    if code is None:
        await inductions.sign_up(me.call(), person.id, session.id)
        return
    with pytest.raises(Refusal, match=code):
        await inductions.sign_up(me.call(), person.id, session.id)


async def test_who_is_inducted_another_station_or_somebody_else_is_refused(home):
    done, due = await active(home.id), await registered(home.id)
    session = await planned(home, TODAY + DAY)
    elsewhere = await planned(await station(), TODAY + DAY)
    me, other = await signed_in(done.id), await signed_in(due.id)
    for who, about, which, code in (
        (me, done.id, session, "already_inducted"),
        (other, due.id, elsewhere, "not_found"),
        (me, due.id, session, "forbidden"),
    ):
        with pytest.raises(Refusal, match=code):
            await inductions.sign_up(who.call(), about, which.id)
    with pytest.raises(Refusal, match="forbidden"):
        await inductions.sign_ups(other.call(), session.id)


async def test_the_attendance_list_takes_the_plan_away(home):
    person, session = await registered(home.id), await planned(home, TODAY)
    worker = await staff("social_worker", home.id)
    await inductions.sign_up(worker.call(), person.id, session.id)
    attendees = RecordAttendance(attendees=[Attendee(volunteer_id=person.id)])
    await inductions.record_attendance(worker.call(), session.id, attendees)
    assert not await inductions.sign_ups(worker.call(), session.id)


async def test_nobody_is_expected_who_was_erased_or_merged(home):
    session = await planned(home, TODAY + DAY)
    worker, kept = await staff("social_worker", home.id), await active(home.id)
    first, second = await registered(home.id), await registered(home.id)
    for one in (first, second):
        await inductions.sign_up(worker.call(), one.id, session.id)
    boss, other = await staff("county"), await staff("county")
    request = MergeVolunteer(duplicate_id=first.id, reason="同一人")
    await merging.merge_volunteers(boss.call(), kept.id, request)
    asked = await erasures.ask_erasure(boss.call(NOW), second.id, AskErasure(reason="本人申请"))
    decided = DecideErasure(decision="approve", reason="本人申请")
    await erasures.decide_erasure(other.call(), asked.id, decided)
    assert not await inductions.sign_ups(call(county()), session.id)
