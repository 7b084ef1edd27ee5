"""Workbooks of a county as two people bring them in."""

from datetime import date
from pathlib import Path
from uuid import UUID

from tests.actions.test_county_import import PERSON as SOMEBODY
from tests.actions.test_county_import import served, workbook
from tests.browser.shots import Shot
from tests.builders import NOW, form, staff
from volunteer_svc import store
from volunteer_svc.actions import county_import, imports

NUMBER = form(date(1951, 2, 3)).document_number
"""Of nobody whom another test registers."""
PERSON = [*SOMEBODY[:4], "1951-02-03", SOMEBODY[5], NUMBER, *SOMEBODY[7:]]
BAD = [2, "A1", "长" * 30, "女", "不详", "居民身份证", "100000199005010078", *PERSON[7:]]


def brought(state):
    """A run in that state, by nobody who is signed in; its address."""

    async def bring():
        who, other = await staff("county"), await staff("county")
        rows = workbook(
            roster=[PERSON, BAD],
            services=[
                served(1, hours=2, number=NUMBER), served(2, hours="半天", number=NUMBER),
                served(3, "22:00", "1:00", number=NUMBER),
            ],
        )  # fmt: skip
        run = await imports.upload(
            who.call(), filename=f"{'花名册和服务记录' * 4}.xlsx", content=rows, reason="补录"
        )
        if state != "uploaded":
            run = await county_import.work_on(run, lambda: NOW)
        if state in ("committing", "done"):
            run = await imports.start_commit(other.call(), run.id)
        if state == "done":
            await county_import.work_on(run, lambda: NOW)
        return f"/staff/imports/{run.id}"

    return bring


def test_a_workbook_is_uploaded_and_its_page_goes_on_by_itself(site, desk, tmp_path, fits):
    file = tmp_path / "花名册.xlsx"
    file.write_bytes(workbook(roster=[PERSON], services=[served(1, hours=2, number=NUMBER)]))
    site.sign_in(desk, site.there.staff["county"]).goto("/staff/imports")
    desk.locator("[name=workbook]").set_input_files(file)
    desk.get_by_label("为什么现在才录").fill("补录")
    desk.get_by_role("button", name="上传并预览").click()
    desk.get_by_text("正在读表、预览").wait_for()

    run_id = UUID(desk.url.rpartition("/")[2])

    async def work():
        run = await store.imports.find(run_id)
        await county_import.work_on(run, lambda: NOW)

    site.run(work)
    desk.get_by_role("heading", name="预览好了").wait_for()
    assert desk.get_by_text("要由另一位县级人员来批准").is_visible()
    fits(desk)


def test_a_second_person_approves_and_the_refused_rows_are_downloaded(site, desk):
    site.sign_in(desk, site.there.staff["county"]).goto(site.run(brought("previewed")))
    with desk.expect_download() as got:
        desk.get_by_role("link", name="下载要改的").click()
    assert Path(got.value.path()).read_bytes()[:2] == b"PK"
    desk.get_by_role("button", name="批准并导入").click()
    desk.get_by_text("正在导入").first.wait_for()


def shot(state, **more):
    name = f"import-{state}"
    return Shot(name=name, path=lambda site: site.once(name, brought(state)), who="county", **more)


SHOTS = [
    Shot(name="imports", path="/staff/imports", who="county", dark=True),
    shot("uploaded"),
    shot("previewed", docs=("1440-zh-CN",)),
    shot("done", dark=True),
]
