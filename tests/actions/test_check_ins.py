"""Checking in and out: codes that die, timed records, forgotten check-outs (R4)."""

import asyncio
from datetime import date, timedelta

import pytest

from tests import builders
from tests.actions.plans import END, START, published, signs_up
from tests.actions.world import assert_books_agree, events, line
from volunteer_svc import ids
from volunteer_svc.actions import approvals, check_ins, service_records, volunteers
from volunteer_svc.actions.approvals import Decide, Decisions
from volunteer_svc.actions.check_ins import CheckInRequest, CheckOutRequest
from volunteer_svc.actions.service_records import Sheet
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.registration import Guardian
from volunteer_svc.store.database import execute

MINUTE = timedelta(minutes=1)
STEP = timedelta(seconds=30)


@pytest.fixture
async def here(database):
    """A station, its worker, an activity with a place for somebody, and him."""
    home = await builders.station()
    worker = await builders.staff("social_worker", home.id)
    person = await builders.active(home.id)
    one = await published(worker, home.id, place="敬老院")
    await signs_up(worker, one, person)
    return worker, one, person, await builders.signed_in(person.id)


async def code(worker, one, now):
    return (await check_ins.site_code(worker.call(now), one.id)).code


async def come(who, one, person, now, shown=None):
    request = CheckInRequest(volunteer_id=person.id, code=shown)
    return await check_ins.check_in(who.call(now), one.id, request)


async def go(who, one, person, now, shown=None, **fields):
    request = CheckOutRequest(volunteer_id=person.id, code=shown, **fields)
    return await check_ins.check_out(who.call(now), one.id, request)


async def the_record(call, record_id):
    return await service_records.read_record(call, record_id)


async def test_by_the_code_in_and_out_a_timed_record_counts(here):
    worker, one, person, himself = here
    await come(himself, one, person, START, await code(worker, one, START))
    done = await go(himself, one, person, END, await code(worker, one, END), break_minutes=20)
    assert (done.outcome, done.minutes) == ("counted", 100)
    kept = await the_record(himself.call(END), done.check_in.record_id)
    assert (kept.evidence, kept.activity_id, kept.title, kept.place, kept.entered_by) == (
        "timed", one.id, one.title, "敬老院", None,
    )  # fmt: skip
    (told,) = await events("service.recorded")
    assert (told["activity_id"], told["minutes"]) == (str(one.id), 100)
    await assert_books_agree()


async def test_a_staff_tap_does_the_same_and_never_for_oneself(here):
    worker, one, person, _ = here
    await come(worker, one, person, START)
    assert (await go(worker, one, person, START + 90 * MINUTE)).minutes == 90
    himself = await builders.staff("station_head", one.station_id, volunteer_id=person.id)
    for act in (come, go):
        with pytest.raises(Refusal, match="own_hours"):
            await act(himself, one, person, START)


async def test_a_code_is_for_its_minute_its_activity_and_everybody_once(here):
    worker, one, person, himself = here
    shown = await code(worker, one, START)
    other = await published(worker, one.station_id)
    for wrong in (await code(worker, other, START), "", "22222222", "x" * 16):
        with pytest.raises(Refusal, match="code_wrong"):
            await come(himself, one, person, START, wrong)
    with pytest.raises(Refusal, match="code_wrong"):
        await come(himself, one, person, START + 2 * STEP, shown)
    await come(himself, one, person, START + STEP, shown)  # the step before is still taken
    with pytest.raises(Refusal, match="already_checked_in"):
        await come(himself, one, person, START + STEP, await code(worker, one, START + STEP))


async def test_a_code_used_is_used_up_in_each_direction(here):
    worker, one, person, himself = here
    now = START + timedelta(seconds=45)
    shown = await code(worker, one, now)
    await come(himself, one, person, now, shown)
    out = now + timedelta(seconds=20)
    assert (await go(himself, one, person, out, shown)).minutes == 1
    with pytest.raises(Refusal, match="code_used"):
        await come(himself, one, person, out, shown)


async def test_who_has_no_place_is_not_checked_in(here):
    worker, one, _, _ = here
    stranger = await builders.active(one.station_id)
    with pytest.raises(Refusal, match="no_place"):
        await come(worker, one, stranger, START)
    full = await published(worker, one.station_id, capacity=1)
    await signs_up(worker, full, await builders.active(one.station_id))
    await signs_up(worker, full, stranger)
    with pytest.raises(Refusal, match="no_place"):
        await come(worker, full, stranger, START)


async def test_one_comes_and_goes_within_the_tolerance_only(here):
    worker, one, person, _ = here
    for now in (START - 31 * MINUTE, END):
        with pytest.raises(Refusal, match="check_in_closed"):
            await come(worker, one, person, now)
    with pytest.raises(Refusal, match="not_checked_in"):
        await go(worker, one, person, END)
    await come(worker, one, person, START - 30 * MINUTE)
    with pytest.raises(Refusal, match="check_out_over"):
        await go(worker, one, person, END + 31 * MINUTE)
    assert (await go(worker, one, person, END + 30 * MINUTE)).minutes == 180


async def test_less_than_a_minute_is_no_service(here):
    worker, one, person, _ = here
    await come(worker, one, person, START)
    with pytest.raises(Refusal, match="check_out_too_soon"):
        await go(worker, one, person, START + timedelta(seconds=59))
    with pytest.raises(Refusal, match="break_too_long"):
        await go(worker, one, person, START + MINUTE, break_minutes=1)


async def test_who_was_suspended_since_is_not_checked_in(here):
    worker, one, person, _ = here
    await volunteers.suspend(worker.call(), person.id, WithReason(reason="病"), None)
    with pytest.raises(Refusal, match="volunteer_not_active"):
        await come(worker, one, person, START)


async def test_a_forgotten_check_out_waits_for_staff_with_the_activitys_end(here):
    worker, one, person, himself = here
    await come(worker, one, person, START + 10 * MINUTE)
    assert await check_ins.close_forgotten(builders.call(now=END + 30 * MINUTE)) == 0
    after = END + 31 * MINUTE
    assert await check_ins.close_forgotten(builders.call(now=after)) == 1
    assert await check_ins.close_forgotten(builders.call(now=after)) == 0
    there = await check_ins.read_check_in(himself.call(after), one.id, person.id)
    assert there.state == "forgotten"
    kept = await the_record(himself.call(after), there.record_id)
    assert (kept.state, kept.why, kept.minutes, kept.ended_at) == (
        "waiting", "check_out_forgotten", 110, END,
    )  # fmt: skip
    assert await events("service.recorded") == []
    decision = Decide(kind="record", id=kept.id, decision="approve")
    await approvals.decide_waiting(worker.call(after), Decisions(decisions=[decision]))
    (told,) = await events("service.recorded")
    assert (told["minutes"], told["activity_id"]) == (110, str(one.id))
    await assert_books_agree()


async def test_a_forgotten_check_out_that_cannot_be_recorded_says_why(here):
    worker, one, person, _ = here
    await come(worker, one, person, START)
    await volunteers.exit_volunteer(worker.call(), person.id, WithReason(reason="走"), None)
    await check_ins.close_forgotten(builders.call(now=END + 60 * MINUTE))
    there = await check_ins.read_check_in(worker.call(END), one.id, person.id)
    assert (there.state, there.fault) == ("void", "not_active_on_date")


async def test_eight_taps_at_once_are_one_check_in_and_one_record(here):
    worker, one, person, _ = here

    async def many(act, now):
        made = await asyncio.gather(
            *(act(worker, one, person, now) for _ in range(8)), return_exceptions=True
        )
        return sorted(m.code if isinstance(m, Refusal) else "done" for m in made)

    assert await many(come, START) == ["already_checked_in"] * 7 + ["done"]
    assert await many(go, END) == ["done"] + ["not_checked_in"] * 7
    assert len(await events("service.recorded")) == 1
    await assert_books_agree()


@pytest.mark.rule("R4")
async def test_who_lacks_a_required_topic_is_not_recorded_for_the_activity(here):
    worker, _, person, _ = here
    await builders.topics("first-aid")
    asks = await published(worker, person.station_id, required_topics=["first-aid"])
    sheet = Sheet(
        station_id=person.station_id,
        entries=[line(person, started_at=START, ended_at=END, activity_id=asks.id)],
    )
    (outcome,) = (await service_records.record_service(worker.call(END), sheet)).outcomes
    assert [fault.code for fault in outcome.faults] == ["topics_missing"]


@pytest.mark.rule("R18")
async def test_hours_of_what_is_hazardous_are_not_recorded_for_a_minor(here):
    worker, _, person, _ = here
    risky = await published(worker, person.station_id, hazardous=True)
    guardian = Guardian("张监护", "母亲", "10099887766", date(2025, 3, 3), "2026")
    minor = await builders.active(person.station_id, birth_date=date(2009, 5, 1), guardian=guardian)
    entries = [line(one, started_at=START, ended_at=END, activity_id=risky.id)
               for one in (minor, person)]  # fmt: skip
    sheet = Sheet(station_id=person.station_id, entries=entries)
    outcomes = (await service_records.record_service(worker.call(END), sheet)).outcomes
    assert [[fault.code for fault in one.faults] for one in outcomes] == [
        ["hazardous_for_minors"], [],
    ]  # fmt: skip


async def test_a_record_of_an_activity_lies_within_its_window_and_the_tolerance(here):
    worker, one, person, _ = here
    station_id = person.station_id
    elsewhere = await published(await builders.staff("county"), (await builders.station()).id)

    async def code_of(**fields):
        fields = {"activity_id": one.id} | fields
        sheet = Sheet(station_id=station_id, entries=[line(person, **fields)])
        made = await service_records.record_service(worker.call(END + 60 * MINUTE), sheet)
        (outcome,) = made.outcomes
        return outcome.faults[0].code if outcome.faults else outcome.outcome

    day = one.held_on
    early = {"started_at": START - 31 * MINUTE, "ended_at": END}
    assert await code_of(**early) == "outside_activity"
    assert await code_of(started_at=START, ended_at=END + 31 * MINUTE) == "outside_activity"
    assert await code_of(served_on=day - timedelta(days=1)) == "outside_activity"
    assert await code_of(served_on=day, minutes=181) == "longer_than_window"
    assert await code_of(activity_id=elsewhere.id) == "activity_unknown"
    assert await code_of(activity_id=ids.uuid7()) == "activity_unknown"
    assert await code_of(started_at=START - 30 * MINUTE, ended_at=END + 30 * MINUTE) == "counted"
    await execute("UPDATE activity SET state = 'planned' WHERE id = $1", one.id)
    assert await code_of(served_on=day, minutes=1) == "activity_not_published"


async def test_two_stints_of_one_activity_are_two_records(here):
    worker, one, person, _ = here
    for hour in (0, 1):
        await come(worker, one, person, START + hour * 60 * MINUTE)
        await go(worker, one, person, START + (hour * 60 + 30) * MINUTE)
    assert [e["minutes"] for e in await events("service.recorded")] == [30, 30]


async def test_hours_elsewhere_at_the_same_time_are_refused_at_the_check_out(here):
    worker, one, person, _ = here
    await come(worker, one, person, START)
    late = worker.call(END)
    sheet = Sheet(
        station_id=one.station_id,
        entries=[line(person, started_at=START, ended_at=START + MINUTE)],
    )
    await service_records.record_service(late, sheet)
    with pytest.raises(Refusal, match="overlapping_service"):
        await go(worker, one, person, END)
