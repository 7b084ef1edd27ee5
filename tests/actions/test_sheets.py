"""A typed sheet: members found, lines read, checked and recorded."""

from datetime import timedelta

import pytest

from tests import builders
from tests.actions.world import assert_books_agree
from tests.builders import TODAY
from volunteer_svc.actions import erasures, identities, members, sheets
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.actions.identities import CorrectIdentity
from volunteer_svc.actions.sheets import WrittenRow, WrittenSheet
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.store.database import execute, fetch


@pytest.fixture
async def home(database):
    return await builders.station()


@pytest.fixture
async def worker(home):
    return await builders.staff("social_worker", home.id)


async def found(who, station, *texts):
    return await members.find_members(who.call(), station.id, texts)


def sheet(station, *rows, **fields):
    lines = [WrittenRow(**one) if isinstance(one, dict) else WrittenRow(who=one) for one in rows]
    given = {"time": "8-11:30", "served_on": TODAY - timedelta(days=1)} | fields
    return WrittenSheet(station_id=station.id, entries=lines, **given)


async def record(who, written):
    return (await sheets.record_written(who.call(), written)).outcomes


async def test_a_member_is_found_by_name_pinyin_initials_and_number(home, worker):
    person = await builders.active(home.id, name="单雪梅")
    await builders.active(home.id, name="王小明")
    whole, part = person.member_no, person.member_no[2:]
    texts = ("单雪梅", "雪", "shanxuemei", "sxm", "Shan xm", "xuemei", whole, part)
    for text, (one, *others) in zip(texts, await found(worker, home, *texts), strict=True):
        assert (one.member_no, others) == (person.member_no, []), text
    assert await found(worker, home, "zhang", "12", "", "%", "_", "' OR 1") == [[]] * 6


async def test_who_is_not_registered_erased_or_merged_is_not_found(home, worker):
    other = await builders.staff("county")
    county = await builders.staff("county")
    gone = await builders.active(home.id, name="赵消失")
    asked = await erasures.ask_erasure(county.call(), gone.id, AskErasure(reason="本人要求"))
    await erasures.decide_erasure(
        other.call(), asked.id, DecideErasure(decision="approve", reason="核实")
    )
    assert await found(worker, home, "赵消失", "zxs") == [[], []]
    assert not await fetch("SELECT FROM person WHERE name_pinyin LIKE '%zhaoxiaoshi%'")


async def test_namesakes_are_told_apart_by_year_and_phone_and_only_they(home, worker):
    young = await builders.active(home.id, name="王小明", birth_date=builders.date(1995, 1, 2))
    old = await builders.active(home.id, name="王小明", birth_date=builders.date(1955, 1, 2))
    await builders.active(home.id, name="吴小敏")
    (three, one) = await found(worker, home, "wxm", "吴小敏")
    told = {m.member_no: (m.birth_year, m.phone_end) for m in three if m.name == "王小明"}
    assert told == {
        young.member_no: (1995, young.form.phone[-2:]),
        old.member_no: (1955, old.form.phone[-2:]),
    }
    assert (one[0].birth_year, one[0].phone_end) == (None, None)


async def test_the_stations_own_come_first_and_strangers_only_by_their_whole_number(home, worker):
    away = await builders.station()
    stranger = await builders.active(away.id, name="周丽华")
    own = await builders.active(home.id, name="周丽华")
    (by_name, by_number) = await found(worker, home, "周丽华", stranger.member_no)
    assert [m.member_no for m in by_name] == [own.member_no]
    assert [(m.member_no, m.name) for m in by_number] == [(stranger.member_no, "周**")]
    county = await builders.staff("county")
    (both,) = await found(county, away, "zlh")
    assert [m.member_no for m in both] == [stranger.member_no, own.member_no]


async def test_only_who_records_at_the_station_looks_for_members(home):
    away = await builders.station()
    person = await builders.active(home.id)
    for who in (
        await builders.staff("auditor"),
        await builders.staff("admin"),
        await builders.staff("station_head", away.id),
        await builders.signed_in(person.id),
    ):
        with pytest.raises(Refusal, match="forbidden"):
            await found(who, home, "王")
        for act in (sheets.check_written, sheets.record_written):
            with pytest.raises(Refusal, match="forbidden"):
                await act(who.call(), sheet(home, "王"))


async def test_a_corrected_name_is_found_by_its_new_pinyin(home, worker):
    county = await builders.staff("county")
    person = await builders.active(home.id, name="王小明")
    change = CorrectIdentity(name="黄晓鸣", reason="笔误")
    await identities.correct_identity(county.call(), person.id, change, None)
    (old, new) = await found(worker, home, "wangxiaoming", "huangxiaoming")
    assert (old, [m.name for m in new]) == ([], ["黄晓鸣"])


async def test_people_from_before_are_filled_in_batches(home, worker, monkeypatch):
    monkeypatch.setattr(members, "BATCH", 2)
    for name in ("王一", "王二", "王三"):
        await builders.active(home.id, name=name)
    await execute("UPDATE person SET name_pinyin = NULL")
    assert await found(worker, home, "wang") == [[]]
    assert [await members.fill_pinyin(builders.call()) for _ in range(3)] == [2, 1, 0]
    assert len((await found(worker, home, "wang"))[0]) == 3


async def test_each_line_has_its_outcome_and_a_bad_one_spoils_no_other(home, worker):
    one = await builders.active(home.id, name="王小明")
    two = await builders.active(home.id, name="李春花")
    fresh = await builders.registered(home.id, name="赵安")
    written = sheet(
        home,
        "wxm",
        {"who": "李春花", "time": "13-22:30", "break_minutes": "30分", "content": "读报"},
        {"who": two.member_no, "time": "2.5"},
        {},
        {"who": "", "time": "8-9"},
        "没有这人",
        {"who": "王小明", "member_no": one.member_no, "time": "9-10"},
        {"who": "王小明", "time": "早上"},
        {"who": "王小明", "time": "14-15", "break_minutes": "半"},
        {"who": "100000199001011234"},
        "赵安",
    )
    checked = (await sheets.check_written(worker.call(), written)).outcomes
    assert not await fetch("SELECT FROM service_record")
    outcomes = await record(worker, written)
    told = [o and (o.outcome, o.why or [(f.code, f.field) for f in o.faults]) for o in outcomes]
    assert told == [
        ("counted", []),
        ("waiting", "day_over_direct"),
        ("waiting", "day_over_direct"),
        None,
        ("refused", [("volunteer_missing", "who")]),
        ("refused", [("volunteer_unknown", "who")]),
        ("refused", [("overlapping_service", "time")]),
        ("refused", [("time_unreadable", "time")]),
        ("refused", [("break_unreadable", "break_minutes")]),
        ("refused", [("document_on_sheet", "who")]),
        ("refused", [("not_inducted", "who")]),
    ]
    assert [o and (o.outcome, o.why, o.minutes, o.faults) for o in checked] == [
        o and (o.outcome, o.why, o.minutes, o.faults) for o in outcomes
    ]
    assert fresh.member_no
    await assert_books_agree()


async def test_a_name_that_may_be_two_people_is_refused_and_the_whole_name_counts_more(
    home, worker
):
    await builders.active(home.id, name="王小明")
    await builders.active(home.id, name="王小明")
    await builders.active(home.id, name="李明")
    await builders.active(home.id, name="李明华")
    outcomes = await record(worker, sheet(home, "王小明", "李明", "li"))
    assert [[f.code for f in o.faults] for o in outcomes] == [
        ["volunteer_ambiguous"], [], ["volunteer_ambiguous"],
    ]  # fmt: skip
    assert outcomes[0].faults[0].params == {"count": 2}


async def test_an_empty_sheet_is_refused_and_a_line_without_a_time_has_the_sheets(home, worker):
    await builders.active(home.id, name="王小明")
    with pytest.raises(Refusal, match="sheet_empty"):
        await record(worker, sheet(home, {}, {"break_minutes": "5"}))
    (outcome,) = await record(worker, sheet(home, "王小明", time=""))
    assert [(f.code, f.field) for f in outcome.faults] == [("service_time_missing", "time")]
    (outcome,) = await record(worker, sheet(home, "王小明"))
    assert (outcome.outcome, outcome.minutes) == ("counted", 210)


async def test_what_stands_above_holds_for_every_line(home, worker):
    await builders.active(home.id, name="王小明")
    late = {"served_on": TODAY - timedelta(days=60)}
    (outcome,) = await record(worker, sheet(home, "王小明", **late))
    assert [(f.code, f.field) for f in outcome.faults] == [("late_reason_required", "late_reason")]
    fields = late | {"late_reason": "补录", "title": "读报", "kind": "elder_care", "place": "广场",
                     "leader": "王站长", "evidence": "historical",
                     "evidence_reference": "档1"}  # fmt: skip
    (outcome,) = await record(worker, sheet(home, "王小明", **fields))
    assert (outcome.outcome, outcome.why, outcome.late) == ("waiting", "evidence_historical", True)
    (row,) = await fetch("SELECT * FROM service_record")
    for name in ("late_reason", "title", "kind", "place", "leader", "evidence"):
        assert row[name] == fields[name]
