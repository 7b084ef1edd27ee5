"""Training: places, attendance, and topics that hold for a time (R4, R9)."""

import asyncio
from datetime import date, timedelta

import pytest

from tests import builders
from tests.actions.world import assert_books_agree, events
from tests.builders import NOW, TODAY
from volunteer_svc import store
from volunteer_svc.actions import merging, positions, training_attendance, trainings
from volunteer_svc.actions.inductions import Attendee
from volunteer_svc.actions.merging import MergeVolunteer
from volunteer_svc.actions.positions import Appoint
from volunteer_svc.actions.training_attendance import StrikeAttendance, TrainingList
from volunteer_svc.actions.trainings import CancelTraining, PlanTraining, SaveTopic
from volunteer_svc.domain.errors import Refusal

TOMORROW = NOW + timedelta(days=1)
AFTER = NOW + timedelta(days=2)


@pytest.fixture
async def desk(database):
    county = await builders.staff("county")
    for code, kind, months in (
        ("first-aid", "skill", 24), ("fire", "skill", None), ("leading", "management", None),
    ):  # fmt: skip
        request = SaveTopic(
            code=code, name_zh="主题", name_en=code, kind=kind, validity_months=months
        )
        await trainings.save_topic(county.call(), request)
    return await builders.staff("social_worker", (await builders.station()).id)


async def planned(desk, *topics, capacity=None, starts_at=TOMORROW, hours=2):
    request = PlanTraining(
        station_id=desk.actor.station_id, title="辅导", topics=list(topics), starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours), trainer="应急局讲师", capacity=capacity,
    )  # fmt: skip
    return (await trainings.plan_training(desk.call(), request)).session


async def attend(desk, session, *people, now=AFTER):
    request = TrainingList(attendees=[Attendee(volunteer_id=one.id) for one in people])
    told = await training_attendance.record_training(desk.call(now), session.id, request)
    return [(one.outcome, *(fault.code for fault in one.faults)) for one in told.outcomes]


@pytest.mark.rule("R4")
async def test_what_was_completed_holds_up_to_its_last_day_and_not_before_it(desk):
    person, other = [await builders.active(desk.actor.station_id) for _ in range(2)]
    session = await planned(desk, "first-aid", "fire")
    with pytest.raises(Refusal, match="training_not_yet"):
        await attend(desk, session, person, now=NOW)
    assert await attend(desk, session, person) == [("counted",)]
    assert await attend(desk, session, person) == [("refused", "already_on_list")]
    held, on = [person.id, other.id], date(2026, 11, 21)
    for day, topics in (
        (on - timedelta(days=1), set()), (on, {"first-aid", "fire"}),
        (date(2028, 11, 21), {"first-aid", "fire"}), (date(2028, 11, 22), {"fire"}),
    ):  # fmt: skip
        valid = await store.trainings.valid_topics(held, day)
        assert valid == {person.id: topics, other.id: set()}
    (event,) = await events("training.completed")
    assert (event["minutes"], event["completed_on"]) == (120, "2026-11-21")
    assert event["topics"] == [
        {"topic": "first-aid", "valid_until": "2028-11-21"}, {"topic": "fire"},
    ]  # fmt: skip
    told = await training_attendance.training_of(desk.call(), person.id)
    assert [(one.topic, one.valid) for one in told] == [("fire", True), ("first-aid", True)]
    await assert_books_agree()


@pytest.mark.rule("R9")
async def test_leaders_come_first_in_management_training_and_nowhere_else(desk):
    head = await builders.staff("station_head", desk.actor.station_id)
    members = [await builders.active(desk.actor.station_id) for _ in range(3)]
    leader = members[2]
    request = Appoint(position="backbone", reason="认真负责")
    await positions.appoint(head.call(), leader.id, request)
    for topic, first in (("leading", [leader, members[0]]), ("fire", members[:2])):
        session = await planned(desk, topic, capacity=2)
        for person in members:
            view = await trainings.sign_up(desk.call(), session.id, person.id)
        assert view.confirmed == [person.id for person in first]
        assert (len(view.waiting), view.free) == (1, 0)
    left = await trainings.withdraw(desk.call(), session.id, members[0].id)
    assert left.confirmed == [members[1].id, leader.id]


async def test_a_training_is_never_over_booked_by_many_at_once(desk):
    people = [await builders.active(desk.actor.station_id) for _ in range(12)]
    session = await planned(desk, "fire", capacity=5)
    await asyncio.gather(
        *(trainings.sign_up(desk.call(), session.id, person.id) for person in people)
    )
    (view,) = await trainings.trainings(desk.call(), station_id=None, after=None, limit=9)
    assert (len(view.confirmed), len(view.waiting)) == (5, 7)
    assert set(view.confirmed) | set(view.waiting) == {person.id for person in people}


async def test_a_volunteer_signs_up_himself_and_sees_only_his_own_place(desk):
    person, other = [await builders.active(desk.actor.station_id) for _ in range(2)]
    himself = await builders.signed_in(person.id)
    session = await planned(desk, "fire", capacity=1)
    await trainings.sign_up(desk.call(), session.id, other.id)
    view = await trainings.sign_up(himself.call(), session.id, person.id)
    assert (view.confirmed, view.waiting, view.free) == ([], [person.id], 0)
    with pytest.raises(Refusal, match="signed_up_already"):
        await trainings.sign_up(himself.call(), session.id, person.id)
    with pytest.raises(Refusal, match="forbidden"):
        await trainings.sign_up(himself.call(), session.id, other.id)
    with pytest.raises(Refusal, match="training_over"):
        await trainings.withdraw(himself.call(AFTER), session.id, person.id)
    await trainings.withdraw(himself.call(), session.id, person.id)
    with pytest.raises(Refusal, match="not_signed_up"):
        await trainings.withdraw(himself.call(), session.id, person.id)


async def test_bad_plans_are_refused_and_cancelled_ones_take_nobody(desk):
    for fields, code in (
        ({"hours": 0}, "end_not_after_start"), ({"hours": 25}, "longer_than_a_day"),
    ):  # fmt: skip
        with pytest.raises(Refusal, match=code):
            await planned(desk, "fire", **fields)
    for topics, code in ((["nothing"], "topic_unknown"), (["fire", "fire"], "item_repeated")):
        with pytest.raises(Refusal, match=code):
            await planned(desk, *topics)
    session = await planned(desk, "fire")
    request = CancelTraining(reason="讲师有事")
    await trainings.cancel_training(desk.call(), session.id, request)
    person = await builders.active(desk.actor.station_id)
    with pytest.raises(Refusal, match="training_cancelled"):
        await trainings.sign_up(desk.call(), session.id, person.id)
    with pytest.raises(Refusal, match="training_cancelled"):
        await attend(desk, session, person)


async def test_a_list_typed_in_late_counts_from_the_day_of_the_session(desk):
    person = await builders.active(desk.actor.station_id)
    session = await planned(desk, "first-aid", starts_at=NOW - timedelta(days=60))
    await attend(desk, session, person, now=NOW)
    held = await store.trainings.valid_topics([person.id], TODAY - timedelta(days=60))
    assert held[person.id] == {"first-aid"}


async def test_what_was_learnt_belongs_to_the_person_also_when_two_files_become_one(desk):
    kept, twin = [await builders.active(desk.actor.station_id) for _ in range(2)]
    session = await planned(desk, "fire")
    await attend(desk, session, twin)
    county = await builders.staff("county")
    request = MergeVolunteer(duplicate_id=twin.id, reason="同一个人")
    await merging.merge_volunteers(county.call(AFTER), kept.id, request)
    held = await store.trainings.valid_topics([kept.id, twin.id], TODAY + timedelta(days=2))
    assert held == {kept.id: {"fire"}, twin.id: set()}


async def test_who_did_not_come_is_struck_with_a_reason_and_may_be_written_down_again(desk):
    person, other = [await builders.active(desk.actor.station_id) for _ in range(2)]
    session = await planned(desk, "first-aid", "fire")
    await attend(desk, session, person, other)
    strike, reason = training_attendance.strike_training, StrikeAttendance(reason="名字签错")
    elsewhere = await builders.staff("social_worker", (await builders.station()).id)
    with pytest.raises(Refusal, match="forbidden"):
        await strike(elsewhere.call(AFTER), session.id, person.id, reason)
    on_list = await strike(desk.call(AFTER), session.id, person.id, reason)
    struck = [one for one in on_list if one.struck_at]
    assert {(one.volunteer_id, one.struck_by, one.struck_reason) for one in struck} == {
        (person.id, desk.actor.id, "名字签错")
    }
    with pytest.raises(Refusal, match="not_on_list"):
        await strike(desk.call(AFTER), session.id, person.id, reason)
    day = TODAY + timedelta(days=1)
    held = await store.trainings.valid_topics([person.id, other.id], day)
    assert held == {person.id: set(), other.id: {"first-aid", "fire"}}
    assert await training_attendance.training_of(desk.call(AFTER), person.id) == []
    taken_out = await store.record_exports.rows_of([person.id, other.id], TODAY, day)
    assert [row[0] for row in taken_out.trainings] == [other.id]
    (told,) = await events("training.revoked")
    assert (told["volunteer_id"], told["topics"]) == (str(person.id), ["fire", "first-aid"])
    assert await attend(desk, session, person) == [("counted",)]
    held = await store.trainings.valid_topics([person.id], day)
    assert held == {person.id: {"first-aid", "fire"}}
    assert len(await training_attendance.attendance_of(desk.call(AFTER), session.id)) == 6


async def test_what_comes_and_whose_list_is_missing_is_found(desk):
    himself = await builders.signed_in((await builders.active(desk.actor.station_id)).id)
    late = await planned(desk, "fire", starts_at=NOW + timedelta(days=3))
    next_one = await planned(desk, "fire")
    told = await trainings.coming_trainings(himself.call(), limit=9)
    assert [one.session.id for one in told] == [next_one.id, late.id]
    assert await trainings.unlisted_trainings(desk.call(), station_id=None, limit=9) == []
    told = await trainings.unlisted_trainings(desk.call(AFTER), station_id=None, limit=9)
    assert [one.session.id for one in told] == [next_one.id]
    await attend(desk, next_one, await builders.active(desk.actor.station_id))
    assert await trainings.unlisted_trainings(desk.call(AFTER), station_id=None, limit=9) == []
