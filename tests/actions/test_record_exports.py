"""The five record classes taken out: who may, what is in them, who learns of it, for how long."""

import asyncio
from datetime import timedelta
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook

from tests import builders
from tests.actions.world import line, record
from tests.builders import NOW, TODAY
from volunteer_svc.actions import awards, erasures, record_exports
from volunteer_svc.actions.awards import RecordAward
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.actions.housekeeping import forget_what_is_over
from volunteer_svc.actions.record_exports import AskRecordExport
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.record_export import HEADERS
from volunteer_svc.store.database import execute, fetch

YEAR = {"from_on": TODAY.replace(month=1, day=1), "until_on": TODAY}
ASKED = AskRecordExport(**YEAR, reason="报县民政局")


@pytest.fixture
async def home(database):
    return await builders.station()


@pytest.fixture
async def head(home):
    return await builders.staff("station_head", home.id)


async def made(who):
    export = await record_exports.ask_record_export(who.call(), ASKED)
    assert await record_exports.work_on_next(lambda: NOW)
    assert not await record_exports.work_on_next(lambda: NOW)
    return await record_exports.read_record_export(who.call(), export.id)


@pytest.mark.rule("R11")
async def test_the_five_classes_stand_under_their_headers_and_everybody_in_them_can_see_it(
    home, head
):
    worker = await builders.staff("social_worker", home.id)
    person = await builders.active(home.id, name="王小明", skills="=HYPERLINK(1)", area="城关镇")
    stranger = await builders.active((await builders.station()).id)
    await record(
        worker, home.id,
        line(person, minutes=90, title="敬老院陪伴", place="敬老院", leader="李站长"),
        line(stranger, minutes=30),
        line(person, minutes=700),  # waits, and is no record yet
    )  # fmt: skip
    grant = RecordAward(name="优秀", granted_by="文明办", granted_on=TODAY, evidence_reference="1")
    await awards.record_award(head.call(), person.id, grant)
    done = await made(head)
    assert (done.state, done.people_done, done.people_total) == ("done", 1, 1)
    content = await record_exports.download_record_export(head.call(), done.id)
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    assert {name: tuple(rows[0]) for name, rows in sheets.items()} == HEADERS
    (basic,) = sheets["个人基本信息"][1:]
    assert basic[:2] == [person.member_no, "王小明"]
    assert basic[4] == person.form.document_number, "as text: no digit is lost"
    assert (basic[6], basic[7]) == (person.form.phone, "=HYPERLINK(1)")
    (service,) = sheets["志愿服务情况"][1:]
    assert service[2:] == ["敬老院陪伴", f"{TODAY}", "敬老院", "", "1.50", home.name, "李站长"]
    assert [row[2:] for row in sheets["表彰奖励情况"][1:]] == [["优秀", f"{TODAY}", "文明办"]]
    looks = await fetch("SELECT subject, actor_id FROM audit_outbox WHERE trail = 'access'"
                        " AND detail::text LIKE '%record_classes%' ORDER BY outbox_id")  # fmt: skip
    assert [tuple(look) for look in looks] == [
        (f"volunteer/{person.id}", head.actor.id), (None, head.actor.id),
    ]  # fmt: skip


async def test_only_heads_take_records_out_and_only_who_asked_downloads(home, head):
    await builders.active(home.id)
    for role in ("social_worker", "bureau", "auditor", "admin"):
        who = await builders.staff(role, home.id if role == "social_worker" else None)
        with pytest.raises(Refusal, match="forbidden"):
            await record_exports.ask_record_export(who.call(), ASKED)
    done = await made(head)
    for other in (await builders.staff("station_head", home.id), await builders.staff("county")):
        with pytest.raises(Refusal, match="not_found"):
            await record_exports.download_record_export(other.call(), done.id)
    turned = AskRecordExport(from_on=TODAY, until_on=YEAR["from_on"], reason="x")
    with pytest.raises(Refusal, match="range_ends_before_start"):
        await record_exports.ask_record_export(head.call(), turned)


async def test_a_workbook_is_sealed_gone_after_a_day_and_not_made_for_a_closed_account(home, head):
    person = await builders.active(home.id, name="王小明")
    done = await made(head)
    (row,) = await fetch("SELECT workbook_sealed FROM record_export")
    assert row["workbook_sealed"][:2] != b"PK"
    assert person.form.document_number.encode() not in row["workbook_sealed"]
    late = NOW + timedelta(hours=24)
    with pytest.raises(Refusal, match="export_forgotten"):
        await record_exports.download_record_export(head.call(late), done.id)
    await forget_what_is_over(builders.call(now=late + timedelta(minutes=1)))
    (row,) = await fetch("SELECT state, workbook_sealed FROM record_export")
    assert tuple(row) == ("forgotten", None)
    export = await record_exports.ask_record_export(head.call(), ASKED)
    with pytest.raises(Refusal, match="export_not_ready"):
        await record_exports.download_record_export(head.call(), export.id)
    await execute("UPDATE staff SET closed_at = $1 WHERE id = $2", NOW, head.actor.id)
    assert await record_exports.work_on_next(lambda: NOW)
    assert (await record_exports.read_record_export(head.call(), export.id)).state == "failed"


async def test_an_export_killed_in_the_middle_is_made_once_by_another_worker(
    home, head, monkeypatch
):
    """Half of the people are read and noted when the process dies; the lease lets the next in."""
    monkeypatch.setattr(record_exports, "BATCH", 1)
    for _ in range(3):
        await builders.active(home.id)
    export = await record_exports.ask_record_export(head.call(), ASKED)
    take, taken = record_exports._take_people, []

    async def dies(*arguments):
        if len(taken) == 2:
            raise SystemExit
        taken.append(await take(*arguments))
        return taken[-1]

    with monkeypatch.context() as patched:
        patched.setattr(record_exports, "_take_people", dies)
        with pytest.raises(SystemExit):
            await record_exports.work_on_next(lambda: NOW)
    half = await record_exports.read_record_export(head.call(), export.id)
    assert (half.state, half.people_done, half.people_total) == ("asked", 2, 3)
    assert not await record_exports.work_on_next(lambda: NOW), "it may live still"
    after = NOW + record_exports.LEASE + timedelta(seconds=1)
    others = [record_exports.work_on_next(lambda: after) for _ in range(4)]
    assert sorted(await asyncio.gather(*others)) == [False, False, False, True]
    done = await record_exports.read_record_export(head.call(), export.id)
    assert (done.state, done.people_done) == ("done", 3)
    content = await record_exports.download_record_export(head.call(after), export.id)
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    rows = book.get_sheet_by_name("个人基本信息").to_python()
    assert len(rows) == len({row[0] for row in rows}) == 1 + 3, "everybody is in it once"


@pytest.mark.rule("R20")
async def test_what_holds_somebody_erased_is_gone_even_while_it_is_being_made(home, head):
    asking, deciding = await builders.staff("county"), await builders.staff("county")
    person = await builders.active((await builders.station()).id)
    await builders.active(home.id)
    elsewhere, begun = await made(head), await record_exports.ask_record_export(head.call(), ASKED)
    taken = await record_exports._lease(builders.call())  # a worker has read half of it by now
    assert taken.id == begun.id
    wish = await erasures.ask_erasure(asking.call(), person.id, AskErasure(reason="本人申请"))
    yes = DecideErasure(decision="approve", reason="本人申请")
    await erasures.decide_erasure(deciding.call(), wish.id, yes)
    await record_exports._finish(builders.call(), begun.id, b"sealed")
    rows = await fetch("SELECT id, state, workbook_sealed FROM record_export")
    assert {row["id"]: tuple(row)[1:] for row in rows} == {
        elsewhere.id: ("forgotten", None), begun.id: ("forgotten", None),
    }  # fmt: skip
