"""The second person, and corrections."""

import asyncio
from datetime import timedelta

import pytest

from tests import builders
from tests.actions.world import assert_books_agree, events, hours, line, record
from tests.builders import NOW, TODAY
from volunteer_svc import ids, store
from volunteer_svc.actions import (
    accounts,
    approvals,
    corrections,
    sent_codes,
    service_records,
    sessions,
    volunteers,
)
from volunteer_svc.actions.approvals import Decide, Decisions
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.sent_codes import RequestCode, UseCode
from volunteer_svc.actions.service_records import Sheet
from volunteer_svc.actions.sessions import UseSlip
from volunteer_svc.actions.volunteers import EditVolunteer
from volunteer_svc.domain.errors import Refusal


@pytest.fixture
async def here(database):
    station = await builders.station()
    first = await builders.staff("social_worker", station.id)
    second = await builders.staff("social_worker", station.id)
    return station.id, first, second


async def decide(who, *items, decision="approve", reason="", kind="record"):
    request = Decisions(
        decisions=[Decide(kind=kind, id=i, decision=decision, reason=reason) for i in items]
    )
    outcomes = (await approvals.decide_waiting(who.call(), request)).outcomes
    return [o.outcome if not o.faults else o.faults[0].code for o in outcomes]


async def waiting_record(worker, station_id, person, minutes=500, **fields):
    (outcome,) = await record(worker, station_id, line(person, minutes=minutes, **fields))
    assert outcome.outcome == "waiting"
    return outcome.record_id


async def minutes_and_star(person):
    volunteer = (await store.volunteers.load([person.id]))[person.id]
    return volunteer.counted_minutes, volunteer.star


async def test_another_person_of_the_station_approves_and_then_the_hours_count(here):
    station_id, first, second = here
    person = await builders.active(station_id)
    waiting = await waiting_record(first, station_id, person)
    assert await decide(first, waiting) == ["second_person_required"]
    assert await decide(second, waiting) == ["approved"]
    assert await minutes_and_star(person) == (500, 0)
    assert [e["minutes"] for e in await events("service.recorded")] == [500]
    assert await decide(second, waiting) == ["not_waiting"]
    await assert_books_agree()


async def test_above_the_maximum_only_another_county_person_approves(here):
    station_id, first, second = here
    person = await builders.active(station_id)
    waiting = await waiting_record(first, station_id, person, 721)
    county = await builders.staff("county")
    assert await decide(second, waiting) == ["county_approval_required"]
    assert await decide(county, waiting) == ["approved"]
    own = await waiting_record(county, station_id, person, 721, served_on=TODAY - timedelta(days=1))
    assert await decide(county, own) == ["second_person_required"]


async def test_other_stations_admins_and_auditors_approve_nothing(here):
    station_id, first, _ = here
    person = await builders.active(station_id)
    waiting = await waiting_record(first, station_id, person)
    other = await builders.station()
    assert await decide(await builders.staff("station_head", other.id), waiting) == ["forbidden"]
    for role in ("admin", "auditor", "bureau"):
        with pytest.raises(Refusal, match="forbidden"):
            await decide(await builders.staff(role), waiting)


async def test_who_wrote_down_the_telephone_does_not_approve_what_came_by_its_codes(here):
    """Codes go to the telephone: it could be the one of whoever wrote it down."""
    station_id, first, second = here
    person = await builders.active(station_id)
    edit = EditVolunteer(phone="10055555555")
    await volunteers.edit_volunteer(first.call(), person.id, edit, None)
    himself = (await builders.signed_in(person.id)).call()
    sheet = Sheet(station_id=station_id, entries=[line(person, evidence="self")])
    (before,) = (await service_records.record_service(himself, sheet)).outcomes
    await sent_codes.request_code(builders.call(), RequestCode(name="10055555555"))
    (message,) = await sent_codes.take_due(builders.call())
    use = UseCode(name="10055555555", code=message.code)
    token = await sent_codes.sign_in_by_code(builders.call(), use, hours=1)
    himself = Call(actor=(await accounts.caller_of(token.token, NOW)).actor, now=NOW)
    sheet = Sheet(station_id=station_id, entries=[line(person, evidence="self", minutes=61)])
    (outcome,) = (await service_records.record_service(himself, sheet)).outcomes
    assert await decide(first, outcome.record_id) == ["second_person_required"]
    assert await decide(first, before.record_id) == ["second_person_required"]
    assert await decide(second, outcome.record_id) == ["approved"]


async def test_nobody_approves_hours_of_his_own(here):
    station_id, first, _ = here
    person = await builders.active(station_id)
    himself = await builders.staff("station_head", station_id, volunteer_id=person.id)
    waiting = await waiting_record(first, station_id, person)
    assert await decide(himself, waiting) == ["own_hours"]


async def test_who_gave_the_slip_to_a_password_does_not_approve_what_it_reports(here):
    station_id, first, second = here
    person = await builders.active(station_id)
    slip = await sessions.give_slip(first.call(), person.id)
    old = await builders.signed_in(person.id)
    request = UseSlip(member_no=person.member_no, slip=slip.slip, password=builders.PASSWORD)
    token = await sessions.use_slip(first.call(), request, hours=1)
    with pytest.raises(Refusal, match="sign_in_required"):
        await accounts.caller_of(old.token, NOW)
    himself = Call(actor=(await accounts.caller_of(token.token, NOW)).actor, now=NOW)
    sheet = Sheet(station_id=station_id, entries=[line(person, evidence="self")])
    (outcome,) = (await service_records.record_service(himself, sheet)).outcomes
    assert await decide(first, outcome.record_id) == ["second_person_required"]
    assert await decide(second, outcome.record_id) == ["approved"]


async def test_a_rejection_says_why_and_frees_the_time(here):
    station_id, first, second = here
    person = await builders.active(station_id)
    start = NOW - timedelta(hours=10)
    times = {"started_at": start, "ended_at": start + timedelta(hours=9), "minutes": None}
    del times["minutes"]
    (outcome,) = await record(first, station_id, line(person, **times))
    assert await decide(second, outcome.record_id, decision="reject") == ["reason_required"]
    rejected = await decide(second, outcome.record_id, decision="reject", reason="无此活动")
    assert rejected == ["rejected"]
    (again,) = await record(first, station_id, line(person, **times))
    assert again.outcome == "waiting"
    assert [e["record_id"] for e in await events("service.rejected")] == [str(outcome.record_id)]
    await assert_books_agree()


async def test_in_bulk_one_bad_item_spoils_no_other(here):
    station_id, first, second = here
    people = [await builders.active(station_id) for _ in range(3)]
    waiting = [await waiting_record(first, station_id, person) for person in people]
    outcomes = await decide(second, waiting[0], ids.uuid7(), waiting[0], waiting[1])
    assert outcomes == ["approved", "not_found", "not_waiting", "approved"]


async def test_of_eight_who_approve_at_once_one_does(here):
    station_id, first, _ = here
    person = await builders.active(station_id)
    waiting = await waiting_record(first, station_id, person)
    heads = [await builders.staff("deputy_head", station_id) for _ in range(8)]
    outcomes = await asyncio.gather(*(decide(head, waiting) for head in heads))
    assert sorted(o for (o,) in outcomes) == ["approved"] + ["not_waiting"] * 7
    await assert_books_agree()


async def correct(who, record_id, minutes):
    request = Correct(minutes=minutes, reason="核对签到表", requested_by="本人")
    return await corrections.correct_record(who.call(), record_id, request)


async def test_a_correction_below_a_threshold_takes_the_star_back_and_above_gives_it_again(here):
    station_id, first, second = here
    person = await builders.active(station_id)
    await hours(first, station_id, person, 5_900)
    (outcome,) = await record(first, station_id, line(person, minutes=100))
    assert await minutes_and_star(person) == (6_000, 1)
    less = await correct(first, outcome.record_id, 99)
    assert less.outcome == "counted"
    assert await minutes_and_star(person) == (5_999, 0)
    (revoked,) = await events("star.revoked")
    assert revoked["caused_by"] == {"kind": "correction", "id": str(less.correction_id)}
    more = await correct(first, outcome.record_id, 100)
    assert (more.outcome, more.why) == ("waiting", "correction_adds_minutes")
    assert await minutes_and_star(person) == (5_999, 0)
    assert await decide(first, more.correction_id, kind="correction") == ["second_person_required"]
    assert await decide(second, more.correction_id, kind="correction") == ["approved"]
    assert await minutes_and_star(person) == (6_000, 1)
    assert [e["to_star"] for e in await events("star.promoted")] == [1, 1]
    await assert_books_agree()


async def test_a_record_has_one_waiting_correction(here):
    station_id, first, second = here
    person = await builders.active(station_id)
    (outcome,) = await record(first, station_id, line(person, minutes=100))
    waiting = await correct(first, outcome.record_id, 200)
    for minutes in (50, 300):
        with pytest.raises(Refusal, match="correction_waiting"):
            await correct(second, outcome.record_id, minutes)
    rejected = await decide(
        second, waiting.correction_id, kind="correction", decision="reject", reason="不属实"
    )
    assert rejected == ["rejected"]
    assert (await correct(second, outcome.record_id, 50)).outcome == "counted"
    assert await minutes_and_star(person) == (50, 0)


async def test_waiting_additional_minutes_belong_to_the_measure_of_the_day(here):
    station_id, first, _ = here
    person = await builders.active(station_id)
    (outcome,) = await record(first, station_id, line(person, minutes=100))
    await correct(first, outcome.record_id, 400)
    (next_one,) = await record(first, station_id, line(person, minutes=81))
    assert (next_one.outcome, next_one.why) == ("waiting", "day_over_direct")


async def test_a_correction_to_nothing_reverses_the_record_and_frees_its_time(here):
    station_id, first, _ = here
    person = await builders.active(station_id)
    start = NOW - timedelta(hours=5)
    times = {"started_at": start, "ended_at": start + timedelta(hours=2)}
    (outcome,) = await record(first, station_id, line(person, **times))
    await correct(first, outcome.record_id, 0)
    assert await minutes_and_star(person) == (0, 0)
    with pytest.raises(Refusal, match="record_not_counted"):
        await correct(first, outcome.record_id, 60)
    (again,) = await record(first, station_id, line(person, **times))
    assert again.outcome == "counted"
    await assert_books_agree()


async def test_of_many_simultaneous_corrections_the_total_is_what_stands(here):
    station_id, _, _ = here
    person = await builders.active(station_id)
    workers = [await builders.staff("social_worker", station_id) for _ in range(8)]
    (outcome,) = await record(workers[0], station_id, line(person, minutes=400))

    async def try_to_correct(worker, minutes):
        try:
            return (await correct(worker, outcome.record_id, minutes)).outcome
        except Refusal as refusal:
            return refusal.code

    await asyncio.gather(*(try_to_correct(w, 40 * n) for n, w in enumerate(workers, 1)))
    await assert_books_agree()


async def test_the_list_says_who_decides_why_it_waits_and_what_is_not_for_oneself(here):
    station_id, first, second = here
    person = await builders.active(station_id)
    himself = await builders.staff("social_worker", station_id, volunteer_id=person.id)
    long = await waiting_record(first, station_id, person)
    longer = await waiting_record(first, station_id, person, minutes=300)

    async def listed(who, level=None):
        items = await approvals.waiting(
            who.call(), station_id=None, level=level, after=None, limit=9
        )
        return [(one.id, one.level, one.why, one.refused) for one in items]

    station, county = (
        (long, "station", "day_over_direct"), (longer, "county", "day_over_max"),
    )  # fmt: skip
    above = await builders.staff("county")
    assert await listed(second, "station") == [(*station, None)]
    assert await listed(second, "county") == [(*county, "county_approval_required")]
    assert await listed(first) == [
        (*station, "second_person_required"), (*county, "second_person_required"),
    ]  # fmt: skip
    assert [refused for *_, refused in await listed(himself)] == ["own_hours"] * 2
    assert await listed(above, "county") == [(*county, None)]
