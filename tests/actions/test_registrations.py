"""Registering, inductions, lapses, leaving and coming back."""

import asyncio
from datetime import date, timedelta

import msgspec
import pytest

from tests import builders
from tests.actions.world import events, hours, line, record
from tests.builders import ALL_MATERIALS, NOW, TODAY, call, noon
from volunteer_svc import store
from volunteer_svc.actions import housekeeping, inductions, registrations, volunteers
from volunteer_svc.actions.inductions import Attendee, PlanSession, RecordAttendance
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.registrations import CheckMaterials, Enrol, Tick
from volunteer_svc.actions.volunteers import Search, WithReason
from volunteer_svc.domain.calendar import add_months
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.volunteer import State
from volunteer_svc.store.database import fetch


@pytest.fixture
async def here(database):
    station = await builders.station()
    worker = await builders.staff("social_worker", station.id)
    return station.id, worker


async def only_volunteer():
    (row,) = await fetch("SELECT id FROM volunteer")
    return (await store.volunteers.load([row["id"]]))[row["id"]]


@pytest.mark.rule("R1")
@pytest.mark.rule("R2")
async def test_an_open_registration_waits_for_materials_then_for_the_induction(here):
    station_id, worker = here
    form = builders.form()
    await builders.handed_in(call(), Register(station_id=station_id, form=form))
    volunteer = await only_volunteer()
    assert (volunteer.state(TODAY), volunteer.member_no) == ("applied", None)
    registration_id = volunteer.registrations[-1].id
    first, *rest = ALL_MATERIALS
    view = await registrations.check_materials(
        worker.call(), registration_id, CheckMaterials(materials=[first]), None
    )
    assert (view.state, view.missing) == ("applied", ["photo"])
    view = await registrations.check_materials(
        worker.call(), registration_id, CheckMaterials(materials=rest), view.registration.revision
    )
    assert (view.state, view.missing) == ("registered", [])
    assert view.registration.induction_due_on == add_months(TODAY, 3)
    assert view.member_no is not None
    assert [e["name"] for e in await events() if e["name"].startswith("volunteer")] == [
        "volunteer.applied", "volunteer.registered",
    ]  # fmt: skip


async def test_a_materials_check_on_an_old_reading_is_refused(here):
    station_id, worker = here
    await builders.handed_in(call(), Register(station_id=station_id, form=builders.form()))
    registration_id = (await only_volunteer()).registrations[-1].id
    check = CheckMaterials(materials=ALL_MATERIALS[:1])
    await registrations.check_materials(worker.call(), registration_id, check, 1)
    with pytest.raises(Refusal, match="changed_meanwhile"):
        await registrations.check_materials(worker.call(), registration_id, check, 1)


async def test_of_many_simultaneous_registrations_of_one_person_one_volunteer_comes(here):
    station_id, _ = here
    other = await builders.station()
    form = builders.form(document_number="10000019520704012x", birth_date=date(1952, 7, 4), sex="F")
    typings = [
        "10000019520704012X",
        "10000019520704012x",
        "100000 19520704 012X",
        "１０００００19520704012X",
    ]

    async def apply(n):
        request = Register(
            station_id=(station_id, other.id)[n % 2],
            form=msgspec.structs.replace(form, document_number=typings[n % 4]),
        )
        return await builders.handed_in(call(), request)

    receipts = await asyncio.gather(*(apply(n) for n in range(16)))
    await only_volunteer()
    assert len({r.receipt for r in receipts}) == 16
    assert len(await fetch("SELECT 1 FROM claim")) == 15


async def test_the_household_register_of_somebody_with_an_id_card_is_the_same_person(here):
    station_id, worker = here
    form = builders.form()
    await registrations.enrol_volunteer(worker.call(), Enrol(station_id=station_id, form=form))
    same = msgspec.structs.replace(form, document_kind="household_register")
    with pytest.raises(Refusal, match="already_registered"):
        await registrations.enrol_volunteer(worker.call(), Enrol(station_id=station_id, form=same))


async def test_staff_learn_the_member_number_of_somebody_registered_already(here):
    station_id, worker = here
    person = await builders.registered(station_id)
    with pytest.raises(Refusal) as refused:
        await registrations.enrol_volunteer(
            worker.call(), Enrol(station_id=station_id, form=person.form)
        )
    assert refused.value.kind == "conflict"
    assert refused.value.faults[0].params["member_no"] == person.member_no


@pytest.mark.rule("R1")
async def test_a_child_is_refused_and_leaves_no_trace(here):
    station_id, _ = here
    child = builders.form(birth_date=date(2013, 1, 5), name="无痕测试", phone="10099988877")
    with pytest.raises(Refusal, match="under_minimum_age"):
        await builders.handed_in(call(), Register(station_id=station_id, form=child))
    tables = await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    for table in tables:
        text = str(await fetch(f"SELECT to_jsonb(t)::text FROM {table['tablename']} t"))
        for secret in ("无痕测试", "10099988877", child.document_number):
            assert secret not in text


@pytest.mark.rule("R11")
async def test_secrets_are_nowhere_in_plain(here):
    station_id, _ = here
    person = await builders.active(station_id, phone="10012349876", address="样例路8号")
    for table in await fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        text = str(await fetch(f"SELECT to_jsonb(t)::text FROM {table['tablename']} t"))
        for secret in ("10012349876", "样例路8号", person.form.document_number):
            assert secret not in text
            assert secret.encode().hex() not in text


@pytest.mark.rule("R2")
async def test_a_residence_permit_is_asked_of_who_is_not_local(here):
    station_id, worker = here
    request = Enrol(
        station_id=station_id, form=builders.form(household_local=False), materials=ALL_MATERIALS
    )
    outcome = await registrations.enrol_volunteer(worker.call(), request)
    assert outcome.state == "applied"
    tick = Tick(item="residence_permit", original_seen=True, copy_received=True)
    view = await registrations.check_materials(
        worker.call(), outcome.registration_id, CheckMaterials(materials=[tick]), None
    )
    assert view.state == "registered"


async def attend(worker, station_id, held_on, *people, now=NOW):
    place = f"{len(await fetch('SELECT 1 FROM induction_session'))}号"
    plan = PlanSession(station_id=station_id, held_on=held_on, place=place)
    session = await inductions.plan_session(worker.call(now), plan)
    request = RecordAttendance(attendees=[Attendee(member_no=p.member_no) for p in people])
    return (await inductions.record_attendance(worker.call(now), session.id, request)).outcomes


@pytest.mark.rule("R3")
async def test_a_sheet_typed_in_late_voids_a_lapse_that_was_announced(here):
    station_id, worker = here
    person = await builders.registered(station_id, date(2026, 5, 31))
    assert await housekeeping.announce_lapses(call(now=noon(date(2026, 8, 31)))) == 0
    assert await housekeeping.announce_lapses(call(now=noon(date(2026, 9, 1)))) == 1
    assert await housekeeping.announce_lapses(call(now=noon(date(2026, 9, 2)))) == 0
    (lapsed,) = await events("registration.lapsed")
    assert lapsed["lapsed_on"] == "2026-09-01"
    (outside,) = await attend(worker, station_id, date(2026, 9, 1), person)
    assert (outside.outcome, outside.state) == ("not_counted", "lapsed")
    (inside,) = await attend(worker, station_id, date(2026, 8, 31), person)
    assert (inside.outcome, inside.state) == ("counted", "active")
    (completed,) = await events("induction.completed")
    assert completed["registration_id"] == lapsed["registration_id"]
    assert completed["inducted_on"] == "2026-08-31"


@pytest.mark.rule("R3")
async def test_who_lapsed_registers_again_with_the_same_number(here):
    station_id, worker = here
    person = await builders.registered(station_id, date(2026, 1, 10))
    form = msgspec.structs.replace(person.form, applied_on=TODAY)
    outcome = await registrations.enrol_volunteer(
        worker.call(), Enrol(station_id=station_id, form=form, materials=ALL_MATERIALS)
    )
    assert (outcome.volunteer_id, outcome.member_no) == (person.id, person.member_no)
    assert outcome.state == "registered"
    (attended,) = await attend(worker, station_id, TODAY, person)
    assert attended.state == "active"


async def test_who_left_and_comes_back_keeps_hours_and_stars(here):
    station_id, worker = here
    person = await builders.active(station_id)
    await hours(worker, station_id, person, 6_000)
    view = await volunteers.exit_volunteer(
        worker.call(), person.id, WithReason(reason="搬家"), None
    )
    assert view.state == "exited"
    later = NOW + timedelta(days=30)
    form = msgspec.structs.replace(person.form, applied_on=TODAY + timedelta(days=30))
    outcome = await registrations.enrol_volunteer(
        worker.call(later), Enrol(station_id=station_id, form=form, materials=ALL_MATERIALS)
    )
    assert (outcome.volunteer_id, outcome.state) == (person.id, "registered")
    volunteer = await only_volunteer()
    assert (volunteer.counted_minutes, volunteer.star) == (6_000, 1)


@pytest.mark.rule("R10")
async def test_who_is_suspended_may_not_serve_until_reinstated(here):
    station_id, worker = here
    person = await builders.active(station_id)
    await volunteers.suspend(worker.call(), person.id, WithReason(reason="核实投诉"), None)
    (refused,) = await record(worker, station_id, line(person))
    assert [f.code for f in refused.faults] == ["not_active_on_date"]
    (before,) = await record(worker, station_id, line(person, served_on=TODAY - timedelta(days=1)))
    assert before.outcome == "counted"
    await volunteers.reinstate(worker.call(), person.id, None)
    (again,) = await record(worker, station_id, line(person))
    assert again.outcome == "counted"
    told = [e["name"] for e in await events() if e["name"].startswith("volunteer.")]
    assert told[-2:] == ["volunteer.suspended", "volunteer.reinstated"]


async def test_who_leaves_while_suspended_does_not_serve_on_that_day(here):
    station_id, worker = here
    person = await builders.active(station_id)
    reason = WithReason(reason="核实投诉")
    await volunteers.suspend(worker.call(), person.id, reason, None)
    await volunteers.exit_volunteer(worker.call(), person.id, reason, None)
    (refused,) = await record(worker, station_id, line(person))
    assert [f.code for f in refused.faults] == ["not_active_on_date"]


async def test_the_states_that_filter_a_search_are_those_of_the_rules(here):
    station_id, worker = here
    await builders.handed_in(call(), Register(station_id=station_id, form=builders.form()))
    await builders.registered(station_id)
    await builders.registered(station_id, date(2026, 1, 10))
    active, suspended, exited = [await builders.active(station_id) for _ in range(3)]
    reason = WithReason(reason="测试")
    await volunteers.suspend(worker.call(), suspended.id, reason, None)
    await volunteers.exit_volunteer(worker.call(), exited.id, reason, None)
    early = noon(TODAY - timedelta(days=300))
    form = builders.form(applied_on=TODAY - timedelta(days=300))
    await builders.handed_in(call(now=early), Register(station_id=station_id, form=form))
    found = {}
    for state in State.__args__:
        for view in await volunteers.find_volunteers(
            worker.call(), Search(state=state), after=None, limit=50
        ):
            assert view.state == state
            found[view.id] = state
    everybody = await fetch("SELECT id FROM volunteer")
    assert set(found) == {row["id"] for row in everybody}
    assert sorted(found.values()) == sorted(
        ["applied", "registered", "lapsed", "active", "suspended", "exited", "declined"]
    )
    assert found[active.id] == "active"
