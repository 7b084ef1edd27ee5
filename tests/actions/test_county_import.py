"""The importer: the sample county as expected; twice adds nothing, a kill loses nothing."""

import asyncio
import io
import json
import signal
import sys
from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from tests import builders
from tests.actions.world import assert_books_agree
from volunteer_svc import store
from volunteer_svc.actions import county_import, imports
from volunteer_svc.config import environment
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import fetch

COUNTY = Path("examples/county/county.xlsx")
EXPECTED = json.loads(Path("examples/county/county-expected.json").read_text())
NOW = datetime.fromisoformat("2026-11-22T04:00:00+00:00")
ROSTER, SERVICES = "会员登记表", "服务记录"

ROSTER_HEAD = [
    "序号", "所属社工站", "姓名", "性别", "出生日期", "证件类型", "证件号码", "户籍", "居住区域",
    "联系电话", "专业技能", "服务类别", "监护人姓名", "监护人关系", "监护人电话", "登记日期",
    "证件原件已核", "证件复印件已收", "居住证已核", "一寸照片已收", "入会辅导日期",
]  # fmt: skip
SERVICE_HEAD = [
    "序号", "社工站", "日期", "活动名称", "服务类别", "地点", "负责人", "证件号码", "姓名",
    "开始时间", "结束时间", "休息分钟", "服务时长(小时)", "服务内容",
]  # fmt: skip
NUMBER = "10000019900501006X"
PERSON = [1, "A1", "测试", "女", "1990-05-01", "居民身份证", NUMBER, "长户", "", "10012345678", "",
          "", "", "", "", "2026-01-05", "是", "是", "", "是", "2026-01-10"]  # fmt: skip


def served(row, start="", end="", hours="", day="2026-02-02", number=NUMBER):
    return [row, "A1", day, "探访", "养老服务", "", "", number, "测试", start, end, "", hours, ""]


def workbook(*, roster=(), services=()):
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        for name, head, rows in (
            ("社工站", ["代码", "名称", "类型", "上级代码"], [["A1", "测试站", "社工站", ""]]),
            (ROSTER, ROSTER_HEAD, roster),
            (SERVICES, SERVICE_HEAD, services),
        ):
            sheet = book.add_worksheet(name)
            for n, row in enumerate([head, *rows]):
                sheet.write_row(n, 0, row)
    return content.getvalue()


@pytest.fixture
async def county(database):
    return await builders.staff("county")


async def approve(run):
    """By another person of the county than who uploaded it."""
    second = await builders.staff("county")
    return await imports.start_commit(second.call(NOW), run.id)


async def bring_in(who, content, *, commit=True):
    run = await imports.upload(who.call(NOW), filename="a.xlsx", content=content, reason="补录")
    assert await county_import.work_on_next(lambda: NOW)
    if commit:
        await approve(run)
        assert await county_import.work_on_next(lambda: NOW)
    run = await imports.read_import(who.call(NOW), run.id)
    problems = await imports.problems(who.call(NOW), run.id, after=0, limit=1_000)
    return run, [(p.sheet, p.row, p.outcome, p.code) for p in problems]


async def counts():
    names = [row["tablename"] for row in await fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        " AND tablename NOT LIKE 'import%' AND tablename NOT IN"
        " ('staff', 'session', 'audit_outbox')")]  # fmt: skip
    return {name: (await fetch(f"SELECT count(*) FROM {name}"))[0][0] for name in names}


async def test_the_sample_county_comes_out_as_expected_and_twice_adds_nothing(county):
    before = await counts()
    run, seen = await bring_in(county, COUNTY.read_bytes(), commit=False)
    assert await counts() == before, "a preview writes nothing"
    await approve(run)
    await county_import.work_on_next(lambda: NOW)
    done = await imports.read_import(county.call(NOW), run.id)
    assert (done.state, done.summary) == ("done", run.summary)
    problems = await imports.problems(county.call(NOW), run.id, after=0, limit=1_000)
    assert [(p.sheet, p.row, p.outcome, p.code) for p in problems] == seen

    refused = {}
    for sheet, row, outcome, code in seen:
        if outcome == "refused":
            refused.setdefault((sheet, row), code)
    exceptional = EXPECTED["exceptional_record_rows"]
    assert refused == {(ROSTER, r["row"]): r["code"] for r in EXPECTED["refused_roster_rows"]} | {
        (SERVICES, r["row"]): r["code"] for r in exceptional if not r["code"].startswith("waiting")
    }
    rows = await fetch("SELECT id, star, counted_minutes FROM volunteer")
    volunteers = await store.volunteers.load([row["id"] for row in rows])
    states = [v.state(NOW.date()) for v in volunteers.values()]
    assert {s: states.count(s) for s in EXPECTED["status_counts"]} == EXPECTED["status_counts"]
    assert sorted((r["counted_minutes"], r["star"]) for r in rows) == sorted(
        (v["minutes"], v["star"]) for v in EXPECTED["volunteers"]
    )
    assert (await counts())["star_change"] == EXPECTED["promotions"]
    await assert_books_agree()

    before = await counts()
    again, _ = await bring_in(county, COUNTY.read_bytes())
    assert await counts() == before
    assert again.summary[SERVICES]["already_imported"] == 13_386
    assert again.summary[ROSTER] == {"already_imported": 677, "refused": 23}


async def test_an_import_killed_in_the_middle_is_taken_up_and_ends_right(county, database):
    run = await imports.upload(
        county.call(NOW), filename="a.xlsx", content=COUNTY.read_bytes(), reason="补录"
    )
    await county_import.work_on_next(lambda: NOW)
    await approve(run)
    program = (
        "import asyncio, datetime\n"
        "from volunteer_svc import clock, config\n"
        "from volunteer_svc.commands.session import ready\n"
        "from volunteer_svc.actions.county_import import work_on_next\n"
        "async def main():\n"
        "    async with ready(config.load()):\n"
        "        await work_on_next(clock.now)\n"
        "asyncio.run(main())\n"
    )
    settings = environment(database) | {"VOLUNTEER_CLOCK_START": NOW.isoformat()}

    async def rows_done():
        return (await imports.read_import(county.call(NOW), run.id)).rows_done

    killed = 0
    while (seen := await imports.read_import(county.call(NOW), run.id)).state != "done":
        if killed == 2:  # enough: the third is let alone, after the lease of the dead is over
            later = NOW + county_import.LEASE * 2
            await county_import.work_on_next(lambda later=later: later)
            continue
        await fetch("UPDATE import_run SET leased_until = NULL")
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, env=settings, cwd=Path.cwd()
        )
        while await rows_done() == seen.rows_done:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.01)
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
        killed += 1
    done = await imports.read_import(county.call(NOW), run.id)
    assert done.summary[SERVICES] == {"counted": 13_357, "refused": 38, "waiting": 29}
    assert (await counts())["star_change"] == EXPECTED["promotions"]
    assert (await counts())["service_record"] == 13_386
    await assert_books_agree()


async def test_the_same_row_twice_in_one_file_counts_once(county):
    services = [
        served(1, "09:00", "11:00"), served(2, "09:00", "11:00"),
        served(3, hours=1.5), served(4, hours=1.5), served(5, hours=2),
    ]  # fmt: skip
    run, problems = await bring_in(county, workbook(roster=[PERSON], services=services))
    assert run.summary[SERVICES] == {"counted": 3, "refused": 2}
    assert problems == [
        (SERVICES, 2, "refused", "overlapping_service"), (SERVICES, 4, "refused", "duplicate_row"),
    ]  # fmt: skip


async def test_a_mended_file_brings_only_what_was_missing(county):
    wrong = served(2, "13:00", "13:00")
    await bring_in(county, workbook(roster=[PERSON], services=[served(1, "09:00", "11:00"), wrong]))
    mended = [served(1, "09:00", "11:00"), served(2, "13:00", "14:00")]
    run, problems = await bring_in(county, workbook(roster=[PERSON], services=mended))
    assert run.summary[SERVICES] == {"already_imported": 1, "counted": 1}
    assert problems == []


async def test_a_lapsed_person_further_down_the_roster_registers_again(county):
    lapsed = [*PERSON[:-1], ""]
    again = [2, *PERSON[1:15], "2026-06-01", *PERSON[16:20], "2026-06-10"]
    run, _ = await bring_in(county, workbook(roster=[lapsed, again]))
    assert run.summary[ROSTER] == {"accepted": 2}
    (row,) = await fetch("SELECT id FROM volunteer")
    volunteer = (await store.volunteers.load([row["id"]]))[row["id"]]
    assert (volunteer.state(NOW.date()), len(volunteer.registrations)) == ("active", 2)
    rerun, _ = await bring_in(county, workbook(roster=[lapsed, again]))
    assert rerun.summary[ROSTER] == {"already_imported": 2}


async def test_a_night_on_paper_ends_the_next_day_and_is_noticed(county):
    run, problems = await bring_in(
        county, workbook(roster=[PERSON], services=[served(1, "22:00", "01:00")])
    )
    assert run.summary[SERVICES] == {"counted": 1}
    assert problems == [(SERVICES, 1, "notice", "over_midnight")]


async def test_who_uploaded_it_does_not_approve_it(county):
    run = await imports.upload(
        county.call(NOW), filename="a.xlsx", content=workbook(roster=[PERSON]), reason=""
    )
    await county_import.work_on_next(lambda: NOW)
    with pytest.raises(Refusal, match="second_person_required"):
        await imports.start_commit(county.call(NOW), run.id)
    assert (await approve(run)).state == "committing"


async def test_two_processes_on_one_run_do_no_harm(county):
    services = [served(n, hours=0.5, day=f"2026-03-{n:02d}") for n in range(1, 20)]
    run = await imports.upload(
        county.call(NOW), filename="a.xlsx",
        content=workbook(roster=[PERSON], services=services), reason="补录",
    )  # fmt: skip
    await county_import.work_on_next(lambda: NOW)
    started = await approve(run)
    runs = await asyncio.gather(*(county_import.work_on(started, lambda: NOW) for _ in range(3)))
    assert "failed" not in {r.state for r in runs}
    done = await imports.read_import(county.call(NOW), run.id)
    assert (done.state, done.summary[SERVICES]) == ("done", {"counted": 19})


async def test_two_runs_of_one_file_at_once_bring_it_in_once(county):
    services = [served(n, hours=0.5, day=f"2026-03-{n:02d}") for n in range(1, 20)]
    content = workbook(roster=[PERSON], services=services)
    uploaded = []
    for _ in range(2):
        uploaded.append(
            await imports.upload(
                county.call(NOW), filename="a.xlsx", content=content, reason="补录"
            )
        )
        await county_import.work_on_next(lambda: NOW)
    started = [await approve(run) for run in uploaded]
    runs = await asyncio.gather(*(county_import.work_on(r, lambda: NOW) for r in started))
    assert {r.state for r in runs} == {"done"}
    assert sorted(r.summary[SERVICES].get("counted", 0) for r in runs) == [0, 19]
    await assert_books_agree()


async def test_a_foreigners_hours_are_found_by_his_permanent_residence(county):
    person = [*PERSON[:5], "外国人永久居留身份证", "USA110099010101", *PERSON[7:]]
    run, _ = await bring_in(
        county, workbook(roster=[person], services=[served(1, hours=2, number=person[6])])
    )
    assert run.summary[SERVICES] == {"counted": 1}


async def test_only_the_county_imports(database):
    station = await builders.station()
    for role, at in (("station_head", station.id), ("admin", None), ("auditor", None)):
        who = await builders.staff(role, at)
        with pytest.raises(Refusal, match="forbidden"):
            await imports.upload(who.call(NOW), filename="a", content=b"", reason="")


async def test_whose_account_was_closed_meanwhile_imports_nothing(county):
    run = await imports.upload(
        county.call(NOW), filename="a.xlsx", content=workbook(roster=[PERSON]), reason=""
    )
    await store.accounts.close(county.actor.id, NOW)
    await county_import.work_on_next(lambda: NOW)
    other = await builders.staff("county")
    seen = await imports.read_import(other.call(NOW), run.id)
    assert (seen.state, seen.failure) == ("failed", "importer_account_closed")


async def test_uploaded_rows_are_sealed_and_deleted_after_the_commit_children_blanked(county):
    child = [
        2, "A1", "稚子", "男", "2014-06-15", "居民身份证", "100000201406150017", "长户",
        "", "", "", "", "", "", "", "2026-01-05", "是", "是", "", "是", "",
    ]  # fmt: skip
    run = await imports.upload(
        county.call(NOW), filename="a.xlsx", content=workbook(roster=[PERSON, child]), reason=""
    )
    rows = await imports.rows_of(run.id)
    assert "稚子" not in repr(rows)
    assert "100000201406150017" not in repr(rows)
    (sealed,) = await fetch("SELECT workbook_sealed FROM import_run")
    assert "测试".encode() not in sealed["workbook_sealed"]
    await county_import.work_on_next(lambda: NOW)
    await approve(run)
    await county_import.work_on_next(lambda: NOW)
    (sealed,) = await fetch("SELECT workbook_sealed FROM import_run")
    assert sealed["workbook_sealed"] is None
    problems = await imports.problems(county.call(NOW), run.id, after=0, limit=10)
    assert [(p.row, p.code) for p in problems] == [(2, "under_minimum_age")]
