"""Recording hours, one by one and all at once."""

import asyncio
from datetime import date, timedelta

import pytest

from tests import builders
from tests.actions.world import assert_books_agree, events, hours, line, record
from tests.builders import NOW, TODAY
from volunteer_svc import store
from volunteer_svc.actions import service_records
from volunteer_svc.actions.service_records import Sheet, SheetRefused
from volunteer_svc.domain.calendar import local_instant
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import fetch


@pytest.fixture
async def here(database):
    station = await builders.station()
    worker = await builders.staff("social_worker", station.id)
    return station.id, worker


async def test_a_sheet_counts_and_tells_of_it(here):
    station_id, worker = here
    person = await builders.active(station_id)
    (outcome,) = await record(worker, station_id, line(person, minutes=90))
    assert (outcome.outcome, outcome.minutes, outcome.late) == ("counted", 90, False)
    (event,) = await events("service.recorded")
    assert event["minutes"] == event["counted_minutes"] == 90
    assert event["subject"] == f"volunteer/{person.id}"
    await assert_books_agree()


async def test_what_reaches_over_midnight_overlaps_what_follows_and_counts_for_its_own_day(here):
    station_id, worker = here
    person = await builders.active(station_id)
    midnight = local_instant(TODAY, 0)

    def stint(start, end):
        return line(
            person,
            started_at=midnight + timedelta(hours=start),
            ended_at=midnight + timedelta(hours=end),
        )

    # Each against the one before, in a command of its own: read back, not remembered.
    told = [
        (await record(worker, station_id, stint(*hours)))[0]
        for hours in ((-22, 0.5), (0, 1), (-26, -21), (0.5, 1))
    ]
    assert [one.outcome for one in told] == ["waiting", "refused", "refused", "counted"]
    assert {one.faults[0].code for one in told[1:3]} == {"overlapping_service"}


@pytest.mark.rule("R6")
async def test_every_threshold_crossed_by_one_entry_is_a_promotion_of_its_own(here):
    station_id, worker = here
    person = await builders.active(station_id)
    await hours(worker, station_id, person, 5_999)
    assert await events("star.promoted") == []
    (outcome,) = await record(worker, station_id, line(person, minutes=1, served_on=TODAY))
    (promoted,) = await events("star.promoted")
    assert (promoted["from_star"], promoted["to_star"], promoted["counted_minutes"]) == (0, 1, 6000)
    assert promoted["caused_by"] == {"kind": "service_record", "id": str(outcome.record_id)}
    assert promoted["because"] == (await events("service.recorded"))[-1]["id"]
    await assert_books_agree()


@pytest.mark.rule("R15")
async def test_the_eleventh_working_day_is_late_needs_a_reason_and_is_flagged(here):
    station_id, worker = here
    person = await builders.active(station_id)
    tenth, eleventh = date(2026, 11, 6), date(2026, 11, 5)  # Friday two weeks ago, and before it
    in_time, without, late = await record(
        worker, station_id,
        line(person, served_on=tenth, late_reason=""),
        line(person, served_on=eleventh, late_reason=""),
        line(person, served_on=eleventh, late_reason="签到表交得迟"),
    )  # fmt: skip
    assert (in_time.outcome, in_time.late) == ("counted", False)
    assert (without.outcome, without.faults[0].code) == ("refused", "late_reason_required")
    assert (late.outcome, late.late) == ("counted", True)


async def test_waiting_hours_count_for_nothing_and_are_not_told(here):
    station_id, worker = here
    person = await builders.active(station_id)
    (outcome,) = await record(worker, station_id, line(person, minutes=481))
    assert (outcome.outcome, outcome.level, outcome.why) == (
        "waiting",
        "station",
        "day_over_direct",
    )
    assert await events("service.recorded") == []
    assert (await store.volunteers.load([person.id]))[person.id].counted_minutes == 0


async def test_hours_are_recorded_where_one_serves_also_for_volunteers_of_other_stations(here):
    station_id, worker = here
    elsewhere = await builders.station()
    guest = await builders.active(elsewhere.id)
    await hours(worker, station_id, guest, 6_000)
    rows = await fetch("SELECT station_id FROM outbox WHERE name = 'star.promoted'")
    assert [row["station_id"] for row in rows] == [station_id], "where the hours arose"
    with pytest.raises(Refusal, match="forbidden"):
        await record(worker, elsewhere.id, line(guest))


async def test_an_all_or_nothing_sheet_with_a_fault_writes_nothing_and_tells_everything(here):
    station_id, worker = here
    person = await builders.active(station_id)
    sheet = Sheet(
        station_id=station_id, all_or_nothing=True, entries=[line(person), line(person, minutes=0)]
    )
    with pytest.raises(SheetRefused) as refused:
        await service_records.record_service(worker.call(), sheet)
    assert [o.outcome for o in refused.value.outcomes] == ["counted", "refused"]
    assert await fetch("SELECT 1 FROM service_record") == []
    assert await events("service.recorded") == []


async def test_a_volunteer_reports_only_his_own_hours_and_they_wait(here):
    station_id, _ = here
    person, other = [await builders.active(station_id) for _ in range(2)]
    himself = await builders.signed_in(person.id)
    (outcome,) = await record(himself, station_id, line(person, evidence="self"))
    assert (outcome.outcome, outcome.why) == ("waiting", "evidence_self")
    for bad in (line(other, evidence="self"), line(person, evidence="staff")):
        with pytest.raises(Refusal, match="forbidden"):
            await record(himself, station_id, bad)


async def test_staff_who_volunteer_do_not_enter_their_own_hours(here):
    station_id, _ = here
    person = await builders.active(station_id)
    worker = await builders.staff("social_worker", station_id, volunteer_id=person.id)
    (outcome,) = await record(worker, station_id, line(person))
    assert [fault.code for fault in outcome.faults] == ["own_hours"]


async def test_timed_evidence_cannot_be_claimed(here):
    station_id, worker = here
    person = await builders.active(station_id)
    with pytest.raises(Refusal, match="timed_needs_check_in"):
        await record(worker, station_id, line(person, evidence="timed"))


async def test_sixteen_clerks_at_once_across_thresholds_lose_and_double_nothing(here):
    station_id, _ = here
    people = [await builders.active(station_id) for _ in range(4)]
    workers = [await builders.staff("social_worker", station_id) for _ in range(16)]
    day = TODAY - timedelta(days=300)

    async def clerk(number, worker):
        for turn in range(6):
            on = day + timedelta(days=number * 6 + turn)
            lines = [line(person, served_on=on, minutes=150) for person in people]
            # Every clerk has another order: locks must not depend on it.
            outcomes = await record(worker, station_id, *lines[number % 4 :], *lines[: number % 4])
            assert {o.outcome for o in outcomes} == {"counted"}

    async with asyncio.TaskGroup() as clerks:  # one that fails ends the others
        for number, worker in enumerate(workers):
            clerks.create_task(clerk(number, worker))
    totals = await store.volunteers.load([p.id for p in people])
    assert {v.counted_minutes for v in totals.values()} == {16 * 6 * 150}
    promoted = await events("star.promoted")
    assert sorted((e["volunteer_id"], e["to_star"]) for e in promoted) == sorted(
        (str(p.id), star) for p in people for star in (1, 2)
    )
    await assert_books_agree()


async def test_of_many_simultaneous_entries_for_one_time_exactly_one_is_taken(here):
    station_id, _ = here
    person = await builders.active(station_id)
    stations = [station_id] + [(await builders.station()).id for _ in range(7)]
    workers = [(await builders.staff("social_worker", s), s) for s in stations]
    start = NOW - timedelta(hours=5)
    times = {"started_at": start, "ended_at": start + timedelta(hours=2)}
    outcomes = await asyncio.gather(*(record(w, s, line(person, **times)) for w, s in workers))
    results = sorted(o.outcome for (o,) in outcomes)
    assert results == ["counted"] + ["refused"] * 7
    await assert_books_agree()


async def test_of_many_simultaneous_entries_of_one_day_only_eight_hours_count_at_once(here):
    station_id, _ = here
    person = await builders.active(station_id)
    workers = [await builders.staff("social_worker", station_id) for _ in range(8)]
    outcomes = await asyncio.gather(
        *(record(w, station_id, line(person, minutes=160)) for w in workers)
    )
    assert [o.outcome for (o,) in outcomes].count("counted") == 3
    await assert_books_agree()
