"""Finding a volunteer, reading the file, and correcting a record."""

from datetime import timedelta

import pytest

from tests.actions.world import hours, line, record
from tests.builders import NOW, TODAY, active, registered, staff, station
from volunteer_svc.actions import (
    awards,
    positions,
    service_records,
    training_attendance,
    trainings,
    transfers,
)
from volunteer_svc.actions.awards import RecordAward
from volunteer_svc.actions.positions import Appoint
from volunteer_svc.actions.training_attendance import Attendee, TrainingList
from volunteer_svc.actions.trainings import PlanTraining, SaveTopic
from volunteer_svc.actions.transfers import ConsentToMove, TransferVolunteer


@pytest.fixture
async def desk(browser):
    home = await station()
    worker = await staff("social_worker", home.id)
    person = await active(home.id, name="钱来福")
    browser.signed_in(worker)
    return home, worker, person


async def records_of(worker, person):
    return await service_records.records_of(
        worker.call(), person.id, state=None, after=None, limit=9
    )


async def test_a_name_finds_by_the_list_and_numbers_go_to_the_file(browser, desk):
    _, _, person = desk
    page = await browser.send("/staff/volunteers", {"q": "来福"})
    assert "钱来福" in page.text
    assert "name=" in str(page.url)
    for letters in ("qianlai", "qlf", "QLF", person.member_no[-4:]):
        page = await browser.send("/staff/volunteers", {"q": letters})
        assert "钱来福" in page.text, letters
    assert "钱来福" not in (await browser.send("/staff/volunteers", {"q": "laiqian"})).text
    for number in (person.member_no, person.form.document_number):
        page = await browser.send("/staff/volunteers", {"q": number})
        assert page.url.path == f"/staff/volunteers/{person.id}"
        assert number not in page.url.query.decode()
    page = await browser.send("/staff/volunteers", {"q": "100000199005010099"})
    assert page.status_code == 422
    assert 'value="100000199005010099"' in page.text
    assert page.url.query == b""


async def test_filters_narrow_the_list_and_nonsense_is_left_out(browser, desk):
    home, worker, person = desk
    await registered(home.id, name="待辅导的")
    await hours(worker, home.id, person, 101 * 60)
    await record(worker, home.id, line(person))
    for query, (first, second) in {
        "": (True, True), "?state=registered": (False, True), "?star=1": (True, False),
        "?star=99&state=x": (True, True), "?name=%25": (False, False),
    }.items():  # fmt: skip
        page = await browser.open(f"/staff/volunteers{query}")
        assert ("钱来福" in page.text, "待辅导的" in page.text) == (first, second), query


async def test_the_file_is_masked_until_a_reason_is_given(browser, desk):
    _, _, person = desk
    path = f"/staff/volunteers/{person.id}"
    page = await browser.open(path)
    assert page.status_code == 200, page.text
    assert "成为正式志愿者" in page.text
    assert person.form.document_number not in page.text
    asked = {"fields": ["document_number"], "purpose": "contact"}
    page = await browser.send(f"{path}/reveal", asked, page=path)
    assert page.status_code == 422
    assert person.form.document_number not in page.text
    page = await browser.send(f"{path}/reveal", asked | {"reason": "核对"}, page=path)
    assert person.form.document_number in page.text
    assert (await browser.open(f"{path}/reveal")).url.path == path


async def test_somebody_is_suspended_comes_back_and_leaves(browser, desk):
    _, _, person = desk
    path = f"/staff/volunteers/{person.id}"
    page = await browser.send(f"{path}/suspend", {"reason": " "}, page=path)
    assert page.status_code == 422
    page = await browser.send(f"{path}/suspend", {"reason": "请假"}, page=path)
    assert "已暂停服务" in page.text
    page = await browser.send(f"{path}/reinstate", page=path)
    assert "已恢复服务" in page.text
    page = await browser.send(f"{path}/exit", {"reason": "搬家"}, page=path)
    assert "已办理退出" in page.text


async def test_a_slip_is_shown_once(browser, desk):
    _, _, person = desk
    path = f"/staff/volunteers/{person.id}"
    page = await browser.send(f"{path}/slip", page=path)
    assert person.member_no in page.text
    assert 'class="code"' in page.text
    assert (await browser.open(f"{path}/slip")).url.path == path


async def test_ledger_and_records_are_read_and_a_record_is_corrected(browser, desk):
    home, worker, person = desk
    await record(worker, home.id, line(person, minutes=120, title="读报"))
    (row,) = await records_of(worker, person)
    for part in ("ledger", "records"):
        assert "读报" in (await browser.open(f"/staff/volunteers/{person.id}/{part}")).text
    path = f"/staff/records/{row.id}"
    page = await browser.send(path, {"minutes": "x", "reason": "写错"})
    assert page.status_code == 422
    assert 'href="#f-minutes"' in page.text
    assert "写错" in page.text
    page = await browser.send(path, {"minutes": "60", "reason": "写错"})
    assert "已更正" in page.text
    page = await browser.send(path, {"minutes": "90", "reason": "还是一个半小时"})
    assert "等第二个人确认" in page.text
    assert [one.standing_minutes for one in await records_of(worker, person)] == [60]


async def test_the_file_tells_a_whole_life_and_the_head_sees_who_read_it(browser, desk, chained):
    home, worker, person = desk
    head, away = await staff("station_head", home.id), await station(name="新城社工站")
    await positions.appoint(head.call(), person.id, Appoint(position="backbone", reason="认真"))
    topic = SaveTopic(code="first-aid", name_zh="急救", name_en="First aid", kind="skill")
    await trainings.save_topic((await staff("county")).call(), topic)
    then = {"starts_at": NOW - timedelta(hours=3), "ends_at": NOW - timedelta(hours=1)}
    held = PlanTraining(station_id=home.id, title="急救", topics=["first-aid"], **then)
    planned = await trainings.plan_training(worker.call(NOW - timedelta(hours=4)), held)
    came = TrainingList(attendees=[Attendee(volunteer_id=person.id)])
    await training_attendance.record_training(worker.call(), planned.session.id, came)
    honour = RecordAward(name="优秀志愿者", granted_by="省民政厅", granted_on=TODAY,
                         evidence_reference="证书1号")  # fmt: skip
    await awards.record_award(head.call(), person.id, honour)
    path = f"/staff/volunteers/{person.id}"
    page = await browser.open(path)
    for told in ("任职 · <bdi>骨干", "完成技能辅导 · <bdi>急救", "获得表彰 · <bdi>优秀志愿者"):
        assert told in page.text
    assert f"{path}/readers" not in page.text
    assert (await browser.open(f"{path}/readers")).status_code == 403
    browser.signed_in(head)
    page = await browser.open(path)
    assert f'href="{path}/readers"' in page.text
    await chained()
    page = await browser.open(f"{path}/readers")
    assert "档案页" in page.text
    await move(worker, person, away)
    browser.signed_in(await staff("county"))
    assert "转到新的社工站 · <bdi>新城社工站" in (await browser.open(path)).text


async def move(worker, person, away):
    consent = ConsentToMove(given="signed", on=TODAY)
    request = TransferVolunteer(to_station_id=away.id, reason="搬家", consent=consent)
    await transfers.transfer_volunteer(worker.call(), person.id, request, None)


async def test_the_file_of_another_station_is_refused(browser, desk):
    other = await active((await station()).id)
    for path in ("", "/ledger", "/records", "/photo"):
        assert (await browser.open(f"/staff/volunteers/{other.id}{path}")).status_code == 403
