"""A volunteer objects, the station verifies within three working days (R17)."""

from datetime import date, timedelta

import pytest

from tests import builders
from tests.actions.world import assert_books_agree, events, line, record
from tests.builders import NOW
from volunteer_svc.actions import corrections, holidays, objections
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.holidays import YearTable
from volunteer_svc.actions.objections import AnswerObjection, Object
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import fetch
from volunteer_svc.store.holidays import Holiday

WRONG = Object(text="王小明说是两小时")
KEPT = AnswerObjection(outcome="kept", reason="签到表上是一小时")
MENDED = AnswerObjection(outcome="corrected", reason="签到表看错")


class Scene:
    async def set(self):
        self.station = await builders.station()
        self.worker = await builders.staff("social_worker", self.station.id)
        self.head = await builders.staff("station_head", self.station.id)
        self.person = await builders.active(self.station.id)
        self.himself = await builders.signed_in(self.person.id)
        (told,) = await record(self.worker, self.station.id, line(self.person))
        self.record_id = told.record_id
        return self

    async def waiting(self, now=NOW, *, overdue=False):
        return await objections.open_objections(
            self.head.call(now), station_id=None, overdue=overdue, after=None, limit=9
        )


@pytest.fixture
async def scene(database):
    return await Scene().set()


@pytest.mark.rule("R17")
async def test_an_objection_is_due_in_three_working_days_and_seen_when_it_is_late(scene):
    view = await objections.open_objection(scene.himself.call(), scene.record_id, WRONG)
    # Friday 20 November: Monday, Tuesday, Wednesday.
    assert (view.due_on, view.calendar, view.overdue) == (date(2026, 11, 25), None, False)
    (sealed,) = await fetch("SELECT text_sealed FROM objection")
    assert "王小明".encode() not in sealed["text_sealed"]
    assert await scene.waiting(overdue=True) == []
    for days, overdue in ((5, False), (6, True)):
        (waiting,) = await scene.waiting(NOW + timedelta(days=days))
        assert (waiting.text, waiting.overdue) == ("王小明说是两小时", overdue)
    (late,) = await scene.waiting(NOW + timedelta(days=6), overdue=True)
    assert late.id == view.id
    (event,) = await events("objection.opened")
    assert (event["record_id"], event["due_on"]) == (str(scene.record_id), "2026-11-25")


@pytest.mark.rule("R17")
async def test_nobody_objects_to_somebody_elses_record(scene):
    stranger = await builders.signed_in((await builders.active(scene.station.id)).id)
    elsewhere = await builders.staff("station_head", (await builders.station()).id)
    for who in (stranger, elsewhere):
        with pytest.raises(Refusal, match="forbidden"):
            await objections.open_objection(who.call(), scene.record_id, WRONG)
    await objections.open_objection(
        scene.worker.call(), scene.record_id, WRONG
    )  # for who has no phone
    with pytest.raises(Refusal, match="objection_open"):
        await objections.open_objection(scene.himself.call(), scene.record_id, WRONG)


@pytest.mark.rule("R17")
async def test_the_answer_is_a_correction_or_a_reasoned_no_by_somebody_else(scene):
    view = await objections.open_objection(scene.himself.call(), scene.record_id, WRONG)
    with pytest.raises(Refusal, match="correction_missing"):
        await objections.close_objection(scene.head.call(), view.id, MENDED)
    with pytest.raises(Refusal, match="second_person_required"):
        await objections.close_objection(scene.worker.call(), view.id, KEPT)
    with pytest.raises(Refusal, match="forbidden"):
        await objections.close_objection(scene.himself.call(), view.id, KEPT)
    then = scene.worker.call(NOW + timedelta(hours=1))
    await corrections.correct_record(then, scene.record_id, Correct(minutes=30, reason="看错"))
    closed = await objections.close_objection(then, view.id, MENDED)
    assert (closed.outcome, closed.overdue) == ("corrected", False)
    with pytest.raises(Refusal, match="objection_closed"):
        await objections.close_objection(scene.head.call(), view.id, KEPT)
    again = await objections.open_objection(then, scene.record_id, WRONG)
    late = scene.head.call(NOW + timedelta(days=9))
    assert (await objections.close_objection(late, again.id, KEPT)).outcome == "kept"
    assert [e["overdue"] for e in await events("objection.closed")] == [False, True]
    told = await objections.objections_of(
        scene.himself.call(), scene.person.id, after=None, limit=9
    )
    assert [(one.outcome, one.reason) for one in told] == [
        ("corrected", "签到表看错"), ("kept", "签到表上是一小时"),
    ]  # fmt: skip
    assert await scene.waiting() == []
    await assert_books_agree()


async def test_who_also_is_staff_does_not_answer_his_own(scene):
    as_staff = await builders.staff("deputy_head", scene.station.id, volunteer_id=scene.person.id)
    view = await objections.open_objection(scene.himself.call(), scene.record_id, WRONG)
    with pytest.raises(Refusal, match="own_objection"):
        await objections.close_objection(as_staff.call(), view.id, KEPT)


@pytest.mark.rule("R17")
async def test_the_clock_follows_the_holiday_table_and_says_when_there_is_none(scene):
    county = await builders.staff("county")
    table = YearTable([Holiday(date(2026, 11, 23), is_workday=False, name="放假"),
                       Holiday(date(2026, 11, 22), is_workday=True, name="调休")])  # fmt: skip
    with pytest.raises(Refusal, match="forbidden"):
        await holidays.set_holidays(scene.head.call(), 2026, table)
    with pytest.raises(Refusal, match="day_outside_year"):
        await holidays.set_holidays(county.call(), 2027, table)
    twice = YearTable([table.days[0], table.days[0]])
    with pytest.raises(Refusal, match="item_repeated"):
        await holidays.set_holidays(county.call(), 2026, twice)
    assert (await holidays.set_holidays(county.call(), 2026, table)).days[0].is_workday
    view = await objections.open_objection(scene.himself.call(), scene.record_id, WRONG)
    # The Sunday is worked, the Monday is off: Sunday, Tuesday, Wednesday.
    assert view.due_on == date(2026, 11, 25)
    assert view.calendar is None
    (entry,) = await fetch("SELECT detail FROM audit_outbox WHERE action = 'set_holidays'")
    assert "2026-11-23" in entry["detail"]
    await holidays.set_holidays(county.call(), 2026, YearTable([]))
    (told,) = await record(scene.worker, scene.station.id, line(scene.person))
    view = await objections.open_objection(scene.himself.call(), told.record_id, WRONG)
    assert view.calendar == "approximate"
