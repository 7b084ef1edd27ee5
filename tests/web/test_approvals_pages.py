"""Today and approvals: what waits is seen, and decided by a second person."""

import html

import pytest

from tests.actions.world import line, record
from tests.builders import NOW, active, registered, staff, station
from volunteer_svc.actions import rights, service_records
from volunteer_svc.actions.rights import AskCorrection


@pytest.fixture
async def desk():
    home = await station()
    worker, head = await staff("social_worker", home.id), await staff("station_head", home.id)
    person = await active(home.id, name="周木兰")
    await record(worker, home.id, line(person, minutes=500, title="义诊"))
    (waits,) = await service_records.records(
        head.call(), station_id=home.id, state="waiting", after=None, limit=9
    )
    return home, worker, head, person, waits


async def test_an_empty_day_says_so(browser):
    home = await station()
    page = await browser.signed_in(await staff("social_worker", home.id)).open("/staff")
    assert page.url.path == "/staff/today"
    assert "今天没有要办的事" in page.text


async def test_today_counts_what_waits_and_names_it(browser, desk):
    home, worker, _, person, _ = desk
    await registered(home.id, name="吕待导")
    await rights.ask_correction(worker.call(), person.id, AskCorrection(text="电话写错了"))
    page = await browser.signed_in(worker).open("/staff/today")
    assert page.status_code == 200, page.text
    assert "周木兰" in page.text
    assert "电话写错了" in page.text
    assert "今天没有要办的事" not in page.text


async def test_who_entered_it_sees_why_he_may_not_approve(browser, desk):
    _, worker, *_ = desk
    page = await browser.signed_in(worker).open("/staff/approvals")
    assert 'name="items"' not in page.text
    assert 'class="barred-why"' in page.text
    assert 'value="approve"' not in page.text


async def test_a_head_approves_and_the_list_is_empty(browser, desk):
    *_, head, _, waits = desk
    browser.signed_in(head)
    fields = {"items": f"record:{waits.id}", "decision": "approve"}
    page = await browser.send("/staff/approvals", fields)
    assert "已通过 1 条" in page.text
    assert "没有等待审批的" in page.text
    row = await service_records.read_record(head.call(), waits.id)
    assert row.state == "counted"


async def test_a_rejection_needs_its_reason_and_keeps_what_was_ticked(browser, desk):
    *_, head, _, waits = desk
    browser.signed_in(head)
    fields = {"items": f"record:{waits.id}", "decision": "reject"}
    page = await browser.send("/staff/approvals", fields)
    assert page.status_code == 422
    assert f'value="record:{waits.id}" checked' in page.text
    assert 'aria-invalid="true"' in page.text
    page = await browser.send("/staff/approvals", fields | {"reason": "没有签到表"})
    assert "已退回 1 条" in page.text


@pytest.mark.parametrize("items", [[], ["record:x"], ["<b>"], ["volunteer:1"]])
async def test_nothing_or_nonsense_ticked_is_told(browser, desk, items):
    *_, head, _, _ = desk
    page = await browser.signed_in(head).send(
        "/staff/approvals", {"items": items, "decision": "approve"}
    )
    assert page.status_code == 422
    assert "至少勾选一条" in page.text


async def test_only_what_a_level_decides_is_listed(browser, desk):
    *_, head, _, _ = desk
    browser.signed_in(head)
    assert "周木兰" in (await browser.open("/staff/approvals?level=station")).text
    assert "周木兰" not in (await browser.open("/staff/approvals?level=county")).text
    assert "周木兰" in (await browser.open("/staff/approvals?level=nonsense")).text


async def test_a_request_is_answered_with_a_reason(browser, desk):
    _, worker, _, person, _ = desk
    asked = await rights.ask_correction(
        worker.call(NOW), person.id, AskCorrection(text="<i>错</i>")
    )
    browser.signed_in(worker)
    path = f"/staff/requests/{asked.id}"
    page = await browser.send(path, {"outcome": "corrected"}, page="/staff/requests")
    assert page.status_code == 422
    assert "checked" in page.text
    assert html.escape("<i>错</i>") in page.text
    page = await browser.send(
        path, {"outcome": "corrected", "reason": "改好了"}, page="/staff/requests"
    )
    assert "已答复" in page.text
    assert "没有更正申请" in page.text
