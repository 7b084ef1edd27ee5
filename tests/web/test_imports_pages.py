"""Workbooks through the pages: uploaded, looked through, approved, mended."""

from io import BytesIO

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from tests.actions.test_county_import import NOW, PERSON, ROSTER, SERVICES, served, workbook
from tests.builders import active as an_active
from tests.builders import signed_in, staff, station
from volunteer_svc.actions import county_import, imports
from volunteer_svc.config import Config
from volunteer_svc.workbooks import apart
from volunteer_svc.workbooks.layout import SHEETS

BAD = [2, "A1", "@SUM(1)", "女", "不详", "居民身份证", "100000199005010078", *PERSON[7:]]


@pytest.fixture
async def county(database):
    return await staff("county")


async def upload(browser, content, name="花名册.xlsx", **fields):
    page = await browser.open("/staff/imports")
    token = page.text.split('name="_csrf" value="')[1].split('"')[0]
    return await browser.http.post(
        "/staff/imports", data={"_csrf": token, "_once": "0a"} | fields,
        files={"workbook": (name, content)}, follow_redirects=True,
    )  # fmt: skip


def sheets_of(content):
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


async def worked_on():
    assert await county_import.work_on_next(lambda: NOW)


async def test_a_workbook_is_previewed_approved_by_another_and_its_bad_rows_mended(browser, county):
    late = served(2, hours="半天")
    content = workbook(roster=[PERSON, BAD], services=[served(1, hours="2.5小时"), late])
    page = await upload(browser.signed_in(county), content, reason="补录")
    run = page.url.path
    assert "正在读表" in page.text
    assert 'http-equiv="refresh"' in page.text
    await worked_on()
    page = await browser.open(run)
    assert "3 行可以导入，2 行有问题" in page.text
    assert "要由另一位县级人员来批准" in page.text
    assert "refresh" not in page.text
    refused = await browser.http.get(f"{run}/mend.xlsx")
    found = sheets_of(refused.content)
    assert list(found) == [ROSTER, SERVICES]
    head, row = found[ROSTER]
    assert (head[0], head[-1], len(found[ROSTER])) == ("序号", "原因", 2)
    assert row[:7] == ["2", "A1", "@SUM(1)", "女", "不详", "居民身份证", "100000199005010078"]
    assert "日期" in row[-1]
    browser.signed_in(await staff("county"))
    page = await browser.send(run)
    assert "正在导入" in page.text
    await worked_on()
    page = await browser.open(run)
    assert "记入 3 行，2 行没有导入" in page.text
    after = await browser.http.get(f"{run}/mend.xlsx")
    assert sheets_of(after.content) == found, "the refused rows can be mended after the commit, too"
    page = await browser.open("/staff/imports")
    assert "花名册.xlsx" in page.text
    assert "已完成" in page.text


async def test_a_mended_workbook_is_read_again(browser, county):
    content = workbook(
        roster=[PERSON], services=[served(1, hours="半天"), served(2, "9:00", "8点")]
    )
    run = (await upload(browser.signed_in(county), content, reason="补录")).url.path
    await worked_on()
    found = sheets_of((await browser.http.get(f"{run}/mend.xlsx")).content)[SERVICES]
    at = found[0].index("服务时长(小时)")
    found[1][at] = "3"
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        page = book.add_worksheet(SERVICES)
        for n, row in enumerate(found):
            page.write_row(n, 0, row)
    (one, *_) = apart.parse(file.getvalue(), rows_max=10).services
    assert (one.row, one.minutes, one.document_number) == (1, 180, PERSON[6])


async def test_what_is_no_workbook_is_told_at_the_field(browser, county):
    browser.signed_in(county)
    for content, name, said in (
        (b"no workbook", "a.xlsx", "f-workbook"),
        (b"", "", "f-workbook"),
        (workbook(), "长" * 300 + ".xlsx", None),
    ):
        page = await upload(browser, content, name)
        assert page.status_code == (422 if said else 200), page.text
        assert said is None or said in page.text
    page = await upload(browser, b"0" * (Config().workbook_max_bytes + 1))
    assert page.status_code == 413
    assert f"最大 {Config().workbook_max_bytes // 1_048_576} MB" in page.text


async def test_who_uploaded_it_does_not_approve_it(browser, county):
    run = (await upload(browser.signed_in(county), workbook(roster=[PERSON]))).url.path
    await worked_on()
    token = (await browser.open("/staff/imports")).text.split('name="_csrf" value="')[1]
    page = await browser.http.post(run, data={"_csrf": token.split('"')[0]})
    assert page.status_code in (403, 422)
    seen = await imports.read_import(county.call(), run.rpartition("/")[2])
    assert seen.state == "previewed"


async def test_only_the_county_sees_imports(browser, county):
    run = (await upload(browser.signed_in(county), workbook(roster=[PERSON]))).url.path
    home = await station()
    for who in (
        await staff("station_head", home.id),
        await staff("auditor"),
        await signed_in((await an_active(home.id)).id),
    ):
        browser.signed_in(who)
        for path in ("/staff/imports", run, f"{run}/mend.xlsx", "/staff/imports/template.xlsx"):
            assert (await browser.open(path)).status_code in (403, 404)


async def test_the_template_has_every_column_and_is_read(browser, county):
    content = (await browser.signed_in(county).open("/staff/imports/template.xlsx")).content
    assert {name: [head.strip("*") for head in rows[0]] for name, rows in sheets_of(content).items()
    } == {sheet.name: ["序号", *(c.header for c in sheet.columns)] for sheet in SHEETS}  # fmt: skip
    assert apart.parse(content, rows_max=10).services == []
