"""Hours a volunteer reports himself: they wait, with text, and with a clock (R17)."""

from datetime import date, timedelta

import pytest

from tests import builders
from tests.actions.world import assert_books_agree, events, line, record
from tests.builders import NOW, TODAY
from volunteer_svc import ids
from volunteer_svc.actions import approvals, self_reports
from volunteer_svc.actions.approvals import Decide, Decisions
from volunteer_svc.actions.self_reports import PHOTOS_MAX, ReportHours
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.images.pictures import Picture

PAGE = {"station_id": None, "after": None, "limit": 20}
PICTURE = Picture(100, 100, b"x")


@pytest.fixture
async def here(database):
    home = await builders.station()
    worker = await builders.staff("social_worker", home.id)
    person = await builders.active(home.id)
    return worker, person, await builders.signed_in(person.id)


async def report(who, person, **fields):
    plain = {"station_id": person.station_id, "content": "陪老人散步", "served_on": TODAY,
             "minutes": 60} | fields  # fmt: skip
    return await self_reports.report_hours(who.call(), person.id, ReportHours(**plain))


@pytest.mark.rule("R17")
async def test_a_report_waits_and_is_answered_within_three_working_days(here):
    worker, person, himself = here
    made = await report(himself, person)
    assert (made.why, made.level, made.minutes) == ("evidence_self", "station", 60)
    assert made.clock.due_on == date(2026, 11, 25)  # Friday + 3 working days
    assert await events("service.recorded") == []
    for days, overdue in ((5, False), (6, True)):
        later = worker.call(NOW + timedelta(days=days))
        (item,) = await approvals.waiting(later, **PAGE)
        assert item.clock.overdue is overdue
        assert item.record.content == "陪老人散步"
    decision = Decide(kind="record", id=made.record_id, decision="approve")
    await approvals.decide_waiting(worker.call(), Decisions(decisions=[decision]))
    assert len(await events("service.recorded")) == 1
    await assert_books_agree()


async def test_only_he_himself_reports_his_hours(here):
    worker, person, himself = here
    other = await builders.active(person.station_id)
    for who, whom in ((worker, person), (himself, other)):
        with pytest.raises(Refusal, match="forbidden"):
            await report(who, whom)


async def test_what_recording_refuses_a_report_is_refused_for(here):
    _, person, himself = here
    for code, fields in {
        "service_in_future": {"served_on": TODAY + timedelta(days=1)},
        "service_time_missing": {"served_on": None},
        "activity_unknown": {"activity_id": ids.uuid7()},
        "late_reason_required": {"served_on": date(2026, 3, 2)},
        "station_unknown": {"station_id": ids.uuid7()},
    }.items():
        with pytest.raises(Refusal, match=code):
            await report(himself, person, **fields)


async def test_a_report_has_a_few_photos_while_it_waits(here):
    worker, person, himself = here
    made = await report(himself, person)
    for _ in range(PHOTOS_MAX):
        await self_reports._add_photo(himself.call(), made.record_id, ids.uuid7(), PICTURE)
    with pytest.raises(Refusal, match="photos_too_many"):
        await self_reports._add_photo(himself.call(), made.record_id, ids.uuid7(), PICTURE)
    assert len(await self_reports.photos(worker.call(), made.record_id)) == PHOTOS_MAX
    other = await builders.signed_in((await builders.active(person.station_id)).id)
    elsewhere = await builders.staff("station_head", (await builders.station()).id)
    for who in (other, elsewhere):
        with pytest.raises(Refusal, match="forbidden"):
            await self_reports.photos(who.call(), made.record_id)
    decision = Decide(kind="record", id=made.record_id, decision="approve")
    await approvals.decide_waiting(worker.call(), Decisions(decisions=[decision]))
    with pytest.raises(Refusal, match="not_waiting"):
        await self_reports._add_photo(himself.call(), made.record_id, ids.uuid7(), PICTURE)
    (sheet,) = await record(worker, person.station_id, line(person))
    with pytest.raises(Refusal, match="not_found"):
        await self_reports._add_photo(himself.call(), sheet.record_id, ids.uuid7(), PICTURE)


async def test_historical_hours_need_a_reference_and_a_second_person(here):
    worker, person, _ = here
    plain = {"evidence": "historical", "served_on": date(2024, 5, 1), "late_reason": "补录"}
    (bare,) = await record(worker, person.station_id, line(person, **plain))
    assert [f.code for f in bare.faults] == ["evidence_reference_required"]
    known = plain | {"evidence_reference": "2024年志愿者手册第3页"}
    (made,) = await record(worker, person.station_id, line(person, **known))
    assert (made.outcome, made.why) == ("waiting", "evidence_historical")
