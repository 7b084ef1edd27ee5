"""The page of reports over HTTP: whose it is, what it shows, what is taken along."""

import re
from urllib.parse import quote

import pytest

from tests.actions.world import line, record
from tests.builders import NOW, active, staff, station
from volunteer_svc.actions import record_exports


@pytest.mark.parametrize("role", ["social_worker", "bureau"])
async def test_who_leads_or_pays_reads_and_takes_along_a_report(browser, role):
    home = await station(name="东关镇社工站")
    person = await active(home.id, name="王小明")
    worker = await staff("social_worker", home.id)
    await record(worker, home.id, line(person, minutes=90, kind="elder_care"))
    at_station = role == "social_worker"
    browser.signed_in(worker if at_station else await staff(role))
    page = await browser.open("/staff/reports")
    assert page.status_code == 200, page.text
    for shown in ("东关镇社工站", "1.5", "养老服务" if at_station else "人数较少的类别合并"):
        assert shown in page.text
    for hidden in ("王小明", person.member_no):
        assert hidden not in page.text
    assert ("全县(市、区)" in page.text) is not at_station
    for name, begins in (("xlsx", b"PK"), ("pdf", b"%PDF-")):
        file = await browser.open(f"/staff/reports/report.{name}?from_on=2026-01-01")
        assert (file.status_code, file.content[: len(begins)]) == (200, begins)
        told = quote(
            f"统计报表-{'东关镇社工站' if at_station else '全县(市、区)'}-2026-01-01-", safe=""
        )
        assert f"filename*=UTF-8''{told}" in file.headers["content-disposition"]


async def test_a_range_that_is_none_is_told_and_an_address_cut_short_shows_this_year(browser):
    browser.signed_in(await staff("county"))
    page = await browser.open("/staff/reports?from_on=2026-02-02&until_on=2026-01-01")
    assert (page.status_code, "结束日期早于开始日期" in page.text) == (422, True)
    for query in ("from_on=x", "station_id=12", "until_on=", "from_on=2031-01-01"):
        assert (await browser.open(f"/staff/reports?{query}")).status_code == 200, query


async def test_a_head_asks_for_the_records_follows_them_and_takes_them_along(browser):
    home = await station()
    await active(home.id)
    browser.signed_in(await staff("station_head", home.id))
    path = "/staff/record-exports"
    wrong = {"from_on": "2026-02-02", "until_on": "2026-01-01", "reason": ""}
    page = await browser.send(path, wrong)
    assert (page.status_code, 'id="f-reason"' in page.text) == (422, True)
    await browser.send(path, {"from_on": "2026-01-01", "until_on": "2026-11-20", "reason": "检查"})
    page = await browser.open(path)
    assert ("检查" in page.text, "正在生成" in page.text) == (True, True)
    assert await record_exports.work_on_next(lambda: NOW)
    page = await browser.open(path)
    (link,) = re.findall(r'href="([^"]+/records\.xlsx)"', page.text)
    assert (await browser.open(link)).content[:2] == b"PK"
    browser.signed_in(await staff("social_worker", home.id))
    assert (await browser.open(path)).status_code == 403
