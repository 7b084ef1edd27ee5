"""Taking an induction back: who was ticked by mistake is no volunteer, and may become one yet."""

import asyncio
from datetime import date, timedelta
from types import SimpleNamespace

import msgspec
import pytest

from tests.actions.test_inductions import planned
from tests.actions.world import assert_books_agree, events, line, record
from tests.builders import ALL_MATERIALS, NOW, TODAY, active, form, noon, registered, staff, station
from volunteer_svc.actions import (
    approvals,
    corrections,
    housekeeping,
    induction_revocations,
    inductions,
    merging,
    positions,
    registrations,
    service_records,
    volunteers,
)
from volunteer_svc.actions.approvals import Decide, Decisions
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.induction_revocations import RevokeInduction
from volunteer_svc.actions.inductions import Attendee, RecordAttendance
from volunteer_svc.actions.merging import MergeVolunteer
from volunteer_svc.actions.positions import Appoint
from volunteer_svc.actions.registrations import CheckMaterials, Enrol
from volunteer_svc.actions.service_records import Sheet
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import Violation, execute, fetch

WHY = RevokeInduction(reason="勾错了人")
DAY = timedelta(days=1)
LONG_AGO = date(2025, 3, 3)
"""Registered that day: the induction was due three months later."""


class Desk:
    """A station with a worker who types lists in and a head who takes lines back."""

    async def set(self):
        self.home = await station()
        self.worker = await staff("social_worker", self.home.id)
        self.head = await staff("station_head", self.home.id)
        return self

    async def list_of(self, *people, on=TODAY, now=NOW):
        """The session of a list with these people on it."""
        session = await planned(self.home, on, place=f"{on} {now} {len(people)} {people[0].id}")
        attendees = [Attendee(volunteer_id=one.id) for one in people]
        request = RecordAttendance(attendees=attendees)
        result = await inductions.record_attendance(self.worker.call(now), session.id, request)
        return session, [one.outcome for one in result.outcomes]

    async def revoke(self, session, person, *, by=None, now=NOW):
        act = induction_revocations.revoke_induction
        return await act((by or self.head).call(now), session.id, person.id, WHY)

    async def view(self, person, now=NOW):
        return await volunteers.read_volunteer(self.head.call(now), person.id)


@pytest.fixture
async def desk(database):
    return await Desk().set()


async def session_of(person):
    (row,) = await fetch(
        "SELECT session_id AS id FROM attendance WHERE volunteer_id = $1", person.id
    )
    return SimpleNamespace(**row)


@pytest.mark.rule("R1")
async def test_who_was_ticked_by_mistake_is_registered_again_to_the_same_day(desk):
    wrong, right = await registered(desk.home.id), await registered(desk.home.id)
    due_on = (await desk.view(wrong)).induction_due_on
    session, _ = await desk.list_of(wrong, right)
    lines = await desk.revoke(session, wrong)
    assert {one.volunteer_id: (one.revoked_by, one.revoked_reason) for one in lines} == {
        wrong.id: (desk.head.actor.id, WHY.reason), right.id: (None, None),
    }  # fmt: skip
    view = await desk.view(wrong)
    assert (view.state, view.inducted_on, view.induction_due_on) == ("registered", None, due_on)
    assert (await desk.view(right)).state == "active"
    (told,) = await events("induction.revoked")
    names = ("volunteer_id", "registration_id", "station_id", "inducted_on", "revoked_on")
    assert {name: told[name] for name in names} == {
        "volunteer_id": str(wrong.id),
        "registration_id": str(wrong.registration_id),
        "station_id": str(desk.home.id),
        "inducted_on": f"{TODAY}",
        "revoked_on": f"{TODAY}",
    }
    assert not await events("registration.lapsed")
    story = await volunteers.read_story(desk.head.call(), wrong.id)
    assert (story[0].what, story[0].about) == ("induction_revoked", f"{TODAY}")
    assert "inducted" not in {one.what for one in story}
    (outcome,) = await record(desk.worker, desk.home.id, line(wrong))
    assert [fault.code for fault in outcome.faults] == ["not_inducted"]
    await assert_books_agree()


async def test_he_may_come_to_another_session_or_to_the_same_after_all(desk):
    person = await registered(desk.home.id)
    first, _ = await desk.list_of(person)
    await desk.revoke(first, person)
    with pytest.raises(Refusal, match="not_on_list"):
        await desk.revoke(first, person)
    came = RecordAttendance(attendees=[Attendee(volunteer_id=person.id)])
    for session in (first, await planned(desk.home, TODAY, place="另一场")):
        result = await inductions.record_attendance(desk.worker.call(), session.id, came)
        assert [one.outcome for one in result.outcomes] == ["counted"]
        assert (await desk.view(person)).state == "active"
        (row,) = [
            one for one in await inductions.calendar(
                desk.worker.call(), station_id=None, after=None, limit=5)
            if one.session.id == session.id
        ]  # fmt: skip
        assert (row.attended, row.counted) == (1, 1), "what was taken back is not counted"
        await desk.revoke(session, person)
    assert len(await events("induction.revoked")) == 3


@pytest.mark.rule("R3")
async def test_after_the_window_it_lapses_at_once_and_a_lapse_told_before_is_told_again(desk):
    late, early = await registered(desk.home.id, LONG_AGO), await registered(desk.home.id, LONG_AGO)
    known, _ = await desk.list_of(early, on=LONG_AGO, now=noon(LONG_AGO))
    assert await housekeeping.announce_lapses(desk.worker.call()) == 1
    sheet, outcomes = await desk.list_of(late, on=LONG_AGO + 9 * DAY)
    assert outcomes == ["counted"], "typed in late, of a day in the window"
    for session, person in ((sheet, late), (known, early)):
        await desk.revoke(session, person)
        assert (await desk.view(person)).state == "lapsed"
    told = [(e["name"], e.get("lapsed_on")) for e in await events()
            if e["subject"] == f"volunteer/{late.id}"]  # fmt: skip
    assert told[-4:] == [
        ("registration.lapsed", "2025-06-04"), ("induction.completed", None),
        ("induction.revoked", None), ("registration.lapsed", "2025-06-04"),
    ]  # fmt: skip
    assert await housekeeping.announce_lapses(desk.worker.call()) == 0, "told already"


async def test_a_lapse_to_come_is_told_in_time(desk):
    person = await registered(desk.home.id)
    session, _ = await desk.list_of(person)
    await desk.revoke(session, person)
    behind = NOW + 93 * DAY
    assert await housekeeping.announce_lapses(desk.worker.call(behind)) == 1


async def test_another_session_that_he_attended_makes_him_active_instead(desk):
    person = await registered(desk.home.id, TODAY - 9 * DAY)
    later, _ = await desk.list_of(person, on=TODAY - DAY)
    earlier, outcomes = await desk.list_of(person, on=TODAY - 5 * DAY)
    assert outcomes == ["counted"], "an earlier sheet moves the day"
    await record(desk.worker, desk.home.id, line(person))
    with pytest.raises(Refusal, match="induction_not_deciding"):
        await desk.revoke(later, person)
    await desk.revoke(earlier, person)
    view = await desk.view(person)
    assert (view.state, view.inducted_on) == ("active", TODAY - DAY)
    last = [e for e in await events() if e["name"].startswith("induction.")][-2:]
    assert [(e["name"], e["inducted_on"]) for e in last] == [
        ("induction.revoked", f"{TODAY - 5 * DAY}"), ("induction.completed", f"{TODAY - DAY}"),
    ]  # fmt: skip
    with pytest.raises(Refusal, match="served_since_induction"):
        await desk.revoke(later, person)
    await assert_books_agree()


async def test_hours_since_the_induction_are_corrected_first(desk):
    person = await active(desk.home.id)
    session = await session_of(person)
    counted, waiting = await record(
        desk.worker, desk.home.id, line(person), line(person, served_on=TODAY - DAY, minutes=500)
    )
    with pytest.raises(Refusal) as refused:
        await desk.revoke(session, person)
    (fault,) = refused.value.faults
    assert (refused.value.kind, fault.code) == ("conflict", "served_since_induction")
    assert fault.params == {"records": 2, "served_on": f"{TODAY - DAY}"}
    nothing = Correct(minutes=0, reason="勾错了人")
    await corrections.correct_record(desk.worker.call(), counted.record_id, nothing)
    no = Decide(kind="record", id=waiting.record_id, decision="reject", reason="勾错了人")
    await approvals.decide_waiting(desk.head.call(), Decisions(decisions=[no]))
    await desk.revoke(session, person)
    assert (await desk.view(person)).state == "lapsed"
    await assert_books_agree()


async def test_historical_hours_need_an_induction_at_some_time(desk):
    head, fields = desk.head, {"evidence": "historical", "evidence_reference": "旧簿"}
    person = await active(desk.home.id)
    first = await session_of(person)
    old = line(person, served_on=date(2025, 1, 5), **fields)
    sheet = Sheet(station_id=desk.home.id, entries=[old])
    (entry,) = (await service_records.record_service(head.call(), sheet)).outcomes
    assert entry.outcome == "waiting"
    with pytest.raises(Refusal, match="served_since_induction"):
        await desk.revoke(first, person)
    await volunteers.exit_volunteer(head.call(), person.id, WithReason(reason="搬家"), None)
    with pytest.raises(Refusal, match="state_forbids"):
        await desk.revoke(first, person)
    back = msgspec.structs.replace(person.form, applied_on=TODAY)
    again = Enrol(station_id=desk.home.id, form=back, materials=ALL_MATERIALS)
    await registrations.enrol_volunteer(desk.worker.call(), again)
    second, _ = await desk.list_of(person)
    with pytest.raises(Refusal, match="induction_not_deciding"):
        await desk.revoke(first, person)
    await desk.revoke(second, person)
    assert (await desk.view(person)).state == "registered", "he was inducted once: the hours stand"


async def test_who_has_not_handed_in_everything_is_told_of_to_nobody(desk):
    bare = Enrol(station_id=desk.home.id, form=form(), materials=[])
    made = await registrations.enrol_volunteer(desk.worker.call(), bare)
    person = SimpleNamespace(id=made.volunteer_id)
    session, outcomes = await desk.list_of(person)
    assert outcomes == ["counted"]
    await desk.revoke(session, person)
    complete = CheckMaterials(materials=ALL_MATERIALS)
    await registrations.check_materials(desk.worker.call(), made.registration_id, complete, None)
    assert (await desk.view(person)).state == "registered"
    assert not [e for e in await events() if e["name"].startswith("induction.")]


async def test_a_position_ends_with_it_and_a_suspension_holds_on(desk):
    person = await active(desk.home.id)
    session = await session_of(person)
    appointed = Appoint(position="backbone", reason="踏实")
    await positions.appoint(desk.head.call(), person.id, appointed)
    await volunteers.suspend(desk.head.call(), person.id, WithReason(reason="核实"), None)
    await desk.revoke(session, person)
    assert (await desk.view(person)).state == "lapsed"
    assert [e["position"] for e in await events("position.ended")] == ["backbone"]
    await desk.list_of(person, on=LONG_AGO + DAY)
    assert (await desk.view(person)).state == "suspended"


async def test_a_second_person_of_the_station_takes_it_back(desk):
    person = await registered(desk.home.id)
    worker, desk.worker = desk.worker, desk.head
    session, _ = await desk.list_of(person)
    elsewhere = await staff("station_head", (await station()).id)
    for who, code in (
        (worker, "forbidden"), (elsewhere, "forbidden"), (desk.head, "second_person_required"),
    ):  # fmt: skip
        with pytest.raises(Refusal, match=code):
            await desk.revoke(session, person, by=who)
    stranger = await active(desk.home.id)
    with pytest.raises(Refusal, match="not_on_list"):
        await desk.revoke(session, stranger)
    with pytest.raises(Refusal, match="not_found"):
        await desk.revoke(SimpleNamespace(id=person.id), person, by=await staff("county"))
    await desk.revoke(session, person, by=await staff("deputy_head", desk.home.id))


async def test_a_merged_file_stays_as_it_is(desk):
    kept, duplicate = await active(desk.home.id), await active(desk.home.id)
    request = MergeVolunteer(duplicate_id=duplicate.id, reason="同一人")
    await merging.merge_volunteers((await staff("county")).call(), kept.id, request)
    with pytest.raises(Refusal, match="state_forbids"):
        await desk.revoke(await session_of(duplicate), duplicate)


async def test_a_sheet_and_a_revocation_at_once_leave_books_that_agree(desk):
    """One wins: hours that count and an induction, or neither."""
    people = [await active(desk.home.id) for _ in range(6)]

    async def revoked(person):
        try:
            await desk.revoke(await session_of(person), person)
        except Refusal as refusal:
            return refusal.code
        return None

    async def recorded(person):
        (outcome,) = await record(desk.worker, desk.home.id, line(person))
        return outcome.outcome, [fault.code for fault in outcome.faults]

    ends = await asyncio.gather(*(act(one) for one in people for act in (revoked, recorded)))
    for code, sheet in zip(ends[::2], ends[1::2], strict=True):
        assert (code, sheet) in (
            (None, ("refused", ["not_inducted"])), ("served_since_induction", ("counted", [])),
        )  # fmt: skip
    await assert_books_agree()


async def test_of_two_who_take_it_back_at_once_one_does(desk):
    person = await active(desk.home.id)
    session, county = await session_of(person), await staff("county")
    ends = await asyncio.gather(
        desk.revoke(session, person), desk.revoke(session, person, by=county),
        return_exceptions=True,
    )  # fmt: skip
    assert sorted(isinstance(one, Refusal) for one in ends) == [False, True]
    assert len(await events("induction.revoked")) == 1


@pytest.mark.parametrize(
    "change",
    ["recorded_at = recorded_at", "revoked_at = NULL", "counted = false",
     "revoked_by = recorded_by"],
)  # fmt: skip
async def test_the_database_keeps_the_line_as_it_was(desk, change):
    person = await active(desk.home.id)
    await desk.revoke(await session_of(person), person)
    with pytest.raises(Violation):
        await execute(f"UPDATE attendance SET {change}")
