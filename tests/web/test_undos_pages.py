"""A whole sheet or import taken back through the pages, alone or by a second person."""

import re

from tests.actions.test_county_import import NOW, PERSON, served, workbook
from tests.actions.world import line, record
from tests.builders import active, staff, station
from tests.web.test_imports_pages import upload, worked_on
from volunteer_svc.actions import service_records, undos
from volunteer_svc.domain.undo import ALONE_MAX

UNDO = re.compile(r'href="(/staff/undos/new\?kind=[a-z]+&amp;target_id=[0-9a-f-]{36})"')


def way_to_undo(page):
    return UNDO.search(page.text)[1].replace("&amp;", "&")


async def ask(browser, way, reason):
    return await browser.send("/staff/undos/new", {"reason": reason}, page=way)


async def test_a_small_sheet_of_ones_own_is_taken_back_at_once_with_a_reason(browser):
    home = await station(name="红旗街道社工站")
    worker, person = await staff("social_worker", home.id), await active(home.id)
    browser.signed_in(worker)
    sheet = {"station_id": str(home.id), "served_on": "2026-11-19", "time": "8-10",
             "evidence": "staff", "entries[0].who": person.member_no}  # fmt: skip
    page = await browser.send("/staff/sheet", sheet)
    way = way_to_undo(page)
    page = await browser.open(way)
    assert "将撤回 1 条还有效的记录" in page.text
    assert "马上撤回" in page.text
    page = await ask(browser, way, " ")
    assert page.status_code == 422
    assert 'href="#f-reason"' in page.text
    page = await ask(browser, way, "录错了人")
    assert "已撤回。" in page.text
    assert "录错了人" in page.text
    (row,) = await service_records.records_of(worker.call(), person.id, state=None, after=None,
                                              limit=5)  # fmt: skip
    assert row.standing_minutes == 0
    page = await browser.open(way)
    assert page.status_code == 422
    assert "<textarea" not in page.text
    assert "录错了人" in (await browser.open("/staff/undos")).text


async def test_a_large_sheet_waits_for_a_second_person_who_says_why_not_or_yes(browser):
    home = await station()
    worker, head = await staff("social_worker", home.id), await staff("station_head", home.id)
    people = [await active(home.id) for _ in range(ALONE_MAX + 1)]
    await record(worker, home.id, *(line(one) for one in people))
    (row,) = await service_records.records_of(worker.call(), people[0].id, state=None, after=None,
                                              limit=5)  # fmt: skip
    browser.signed_in(worker)
    way = way_to_undo(await browser.open(f"/staff/records/{row.id}"))
    page = await ask(browser, way, "重复录入")
    assert "等第二个人批准" in page.text
    there = page.url.path
    assert "要由别人来决定" in page.text
    assert "同意撤回</button>" not in page.text
    browser.signed_in(head)
    page = await browser.send(there, {"decision": "refuse"})
    assert page.status_code == 422
    page = await browser.send(there, {"decision": "approve"})
    assert "<dt>冲销</dt><dd>21</dd>" in page.text
    browser.signed_in(await staff("station_head", (await station()).id))
    assert (await browser.open(there)).status_code == 403


async def test_an_import_is_taken_back_by_the_worker_and_found_again_at_its_run(browser):
    first, second = await staff("county"), await staff("county")
    browser.signed_in(first)
    book = workbook(roster=[PERSON], services=[served(1, hours=2, day="2026-02-11")])
    run = (await upload(browser, book, reason="补录")).url.path
    await worked_on()
    browser.signed_in(second)
    await browser.send(run)
    await worked_on()
    way = way_to_undo(await browser.open(run))
    page = await ask(browser, way, "导错了文件")
    there = page.url.path
    browser.signed_in(first)
    page = await browser.open(run)
    assert f'href="{there}"' in page.text
    page = await browser.send(there, {"decision": "approve"})
    assert 'http-equiv="refresh"' in page.text
    while await undos.work_on_next(first.call(NOW)):
        pass
    page = await browser.open(there)
    assert "refresh" not in page.text
    assert "<dt>冲销</dt><dd>" in page.text
    assert "kind=import" not in (await browser.open(run)).text
