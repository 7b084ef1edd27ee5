import zipfile
from collections import Counter
from datetime import date, time
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from volunteer_svc.domain.errors import Refusal
from volunteer_svc.workbooks import apart
from volunteer_svc.workbooks.county import (
    BadRow,
    CountyWorkbook,
    RosterRow,
    ServiceRow,
    StationRow,
    read_county,
)

SAMPLE = Path(__file__).parents[2] / "examples" / "county" / "county.xlsx"
STATION = {"代码": "HC01", "名称": "海州街道站", "类型": "社工站", "上级代码": "HC00"}
VOLUNTEER = {
    "序号": 1,
    "所属社工站": "HC01",
    "姓名": "张三",
    "性别": "女",
    "出生日期": date(2012, 6, 15),
    "证件类型": "居民户口簿",
    "证件号码": "100000201206150026",
    "户籍": "非长户",
    "登记日期": "2026年7月1日",
    "证件原件已核": "√",
    "证件复印件已收": "是",
    "居住证已核": "",
    "一寸照片已收": "否",
    "入会辅导日期": "",
}
SERVICE = {
    "序号": 1,
    "社工站": "HC01",
    "日期": "2026/7/4",
    "活动名称": "邻里活动",
    "证件号码": "100000201206150026",
    "开始时间": "9:00",
    "结束时间": "11:00",
    "休息分钟": "",
    "服务时长(小时)": "",
}


def workbook(sheets: dict[str, list[list[Any]]]) -> bytes:
    file = BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "default_date_format": "yyyy-mm-dd"})
    clock = book.add_format({"num_format": "hh:mm"})
    for name, lines in sheets.items():
        sheet = book.add_worksheet(name)
        for line, row in enumerate(lines):
            for column, cell in enumerate(row):
                form = [clock] if isinstance(cell, time) else []
                sheet.write(line, column, cell, *form)
    book.close()
    return file.getvalue()


def table(*rows: dict[str, Any]) -> list[list[Any]]:
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def read(sheets: dict[str, list[list[Any]]], rows_max: int = 1000) -> CountyWorkbook:
    return apart.parse(workbook(sheets), rows_max=rows_max)


def service(**changes: Any) -> ServiceRow | BadRow:
    return read({"服务记录": table(SERVICE | changes)}).services[0]


def volunteer(**changes: Any) -> RosterRow | BadRow:
    return read({"会员登记表": table(VOLUNTEER | changes)}).roster[0]


def faults(row: object) -> list[tuple[str, str]]:
    assert isinstance(row, BadRow)
    return [(cell.letter, cell.fault.code) for cell in row.faults]


@pytest.fixture(scope="module")
def sample() -> CountyWorkbook:
    return read_county(SAMPLE.read_bytes())


def test_the_sample_county_is_read_whole(sample: CountyWorkbook) -> None:
    assert Counter(map(type, sample.stations)) == {StationRow: 28}
    assert Counter(map(type, sample.roster)) == {RosterRow: 697, BadRow: 3}
    assert Counter(map(type, sample.services)) == {ServiceRow: 13_424}
    assert [row.row for row in sample.services] == list(range(1, 13_425))


def test_the_sample_has_three_rows_with_a_destroyed_number(sample: CountyWorkbook) -> None:
    bad = [row for row in sample.roster if isinstance(row, BadRow)]
    assert [(row.row, row.line) for row in bad] == [(146, 147), (429, 430), (526, 527)]
    for row in bad:
        (cell,) = row.faults
        assert (cell.column, cell.letter) == ("证件号码", "G")
        assert (cell.fault.code, cell.fault.field) == ("id_cell_not_text", "document_number")
        assert cell.fault.params == {"column": "证件号码"}


def test_a_station_row_has_its_kind_and_parent() -> None:
    rows = read({"社工站": table(STATION, STATION | {"类型": "总站", "上级代码": ""})}).stations
    assert rows == [
        StationRow(2, 2, "HC01", "海州街道站", "station", "HC00"),
        StationRow(3, 3, "HC01", "海州街道站", "head", None),
    ]


def test_a_roster_row_is_typed_and_blanks_are_none_or_unticked() -> None:
    row = volunteer()
    assert isinstance(row, RosterRow)
    assert (row.sex, row.birth_date) == ("F", date(2012, 6, 15))
    assert (row.document_kind, row.household_local) == ("household_register", False)
    assert (row.registered_on, row.inducted_on) == (date(2026, 7, 1), None)
    assert (row.id_original_seen, row.id_copy_received) == (True, True)
    assert (row.residence_permit_seen, row.photo_received) == (False, False)
    assert (row.phone, row.guardian_name, row.service_category) == (None, None, None)


@pytest.mark.parametrize(
    ("start", "end", "hours", "expected"),
    [
        ("9:00", "11:00", "", (540, 660, None)),
        (time(9, 0), 0.5, "", (540, 720, None)),
        ("下午10:00", "24:00", "", (1320, 1440, None)),
        ("22:00", "1:00", 3.0, (1320, 60, None)),
        ("9:00", "11:00", 2.0, (540, 660, None)),
        ("9:00", "9:00", "", (540, 540, None)),
        ("9:00", "9:00", 1.0, (540, 540, None)),
        ("", "", "2.5小时", (None, None, 150)),
    ],
)
def test_a_service_has_times_or_minutes(
    start: Any, end: Any, hours: Any, expected: tuple[int | None, ...]
) -> None:
    row = service(**{"开始时间": start, "结束时间": end, "服务时长(小时)": hours})
    assert isinstance(row, ServiceRow)
    assert (row.start, row.end, row.minutes) == expected


def test_hours_are_compared_with_times_less_the_break() -> None:
    agreeing = service(**{"休息分钟": 30, "服务时长(小时)": 1.5})
    assert isinstance(agreeing, ServiceRow)
    assert (agreeing.break_minutes, agreeing.minutes) == (30, None)
    differing = service(**{"休息分钟": 30, "服务时长(小时)": 2})
    assert faults(differing) == [("I", "times_and_hours_differ")]


def test_a_break_says_nothing_about_hours_alone() -> None:
    row = service(**{"开始时间": "", "结束时间": "", "休息分钟": 30, "服务时长(小时)": 2})
    assert isinstance(row, ServiceRow)
    assert (row.break_minutes, row.minutes) == (0, 120)


@pytest.mark.parametrize(
    ("start", "end", "hours", "letter", "field"),
    [
        ("", "", "", "F", None),
        ("9:00", "", "", "G", "end"),
        ("", "11:00", "", "F", "start"),
        ("9:00", "", 2, "G", "end"),
    ],
)
def test_a_service_without_its_time_is_refused(
    start: str, end: str, hours: Any, letter: str, field: str | None
) -> None:
    row = service(**{"开始时间": start, "结束时间": end, "服务时长(小时)": hours})
    assert faults(row) == [(letter, "service_time_missing")]
    assert isinstance(row, BadRow)
    assert row.faults[0].fault.field == field


def test_a_time_that_cannot_be_read_is_not_also_missing() -> None:
    assert faults(service(开始时间="早上")) == [("F", "cell_not_a_time")]
    unread_hours = service(**{"开始时间": "", "结束时间": "", "服务时长(小时)": "半天"})
    assert faults(unread_hours) == [("I", "cell_not_a_number")]


def test_a_row_has_all_its_faults_the_destroyed_number_first_then_in_column_order() -> None:
    row = service(社工站="", 日期="昨天", 证件号码=100000201206150026, 开始时间="早上")
    assert faults(row) == [
        ("E", "id_cell_not_text"),
        ("B", "cell_missing"),
        ("C", "cell_not_a_date"),
        ("F", "cell_not_a_time"),
    ]


def test_a_fault_never_repeats_what_the_cell_holds() -> None:
    row = volunteer(姓名="张" * 65, 性别="保密", 出生日期="不详", 证件号码="1" * 33)
    assert isinstance(row, BadRow)
    assert [cell.fault.params for cell in row.faults] == [
        {"column": "姓名", "length_max": 64},
        {"column": "性别", "allowed": "男、女"},
        {"column": "出生日期"},
        {"column": "证件号码", "length_max": 32},
    ]


def test_a_title_blank_lines_strange_columns_and_another_order_do_no_harm() -> None:
    (header, first, second) = table(VOLUNTEER, VOLUNTEER | {"序号": 2.0})
    header[2] = "姓 名*"
    lines = [
        ["海城市社工站会员登记表"],
        [],
        [*reversed(header), "备注"],
        [],
        [*reversed(first), "老会员"],
        ["", "　"],
        [*reversed(second), ""],
        ["", "", "", "合计不计"],
    ]
    rows = read({" 会员登记表 ": [["", "", *line] for line in lines]}).roster
    assert [(type(row), row.row, row.line) for row in rows[:2]] == [
        (RosterRow, 1, 5),
        (RosterRow, 2, 7),
    ]
    assert isinstance(rows[2], BadRow)


def test_lines_and_letters_are_excels_own_wherever_the_table_begins() -> None:
    lines: list[list[Any]] = [
        [],
        [],
        [],
        *(["", "", *row] for row in table(SERVICE | {"日期": ""})),
    ]
    (row,) = read({"服务记录": lines}).services
    assert (row.line, faults(row)) == (5, [("E", "cell_missing")])


@pytest.mark.parametrize(("number", "expected"), [("", 2), ("甲", 2), (1.5, 2), (7, 7), ("７", 7)])
def test_a_row_without_a_whole_number_of_its_own_has_the_sheets(number: Any, expected: int) -> None:
    assert service(序号=number).row == expected


def test_a_line_with_nothing_but_a_number_is_no_row() -> None:
    numbered = dict.fromkeys(SERVICE, "") | {"序号": 2}
    assert len(read({"服务记录": table(SERVICE, numbered)}).services) == 1


def test_a_sheet_may_be_missing_or_empty_but_not_all() -> None:
    assert read({"服务记录": table(SERVICE), "社工站": []}).stations == []
    with pytest.raises(Refusal) as caught:
        read({"Sheet1": table(SERVICE)})
    assert caught.value.code == "workbook_sheet_missing"
    assert caught.value.faults[0].params == {"sheet": "社工站、会员登记表、服务记录"}


def test_every_missing_column_is_named() -> None:
    without = {header: cell for header, cell in VOLUNTEER.items() if header not in ("姓名", "户籍")}
    with pytest.raises(Refusal) as caught:
        read({"会员登记表": table(without)})
    assert [(fault.code, fault.params) for fault in caught.value.faults] == [
        ("workbook_column_missing", {"sheet": "会员登记表", "column": "姓名"}),
        ("workbook_column_missing", {"sheet": "会员登记表", "column": "户籍"}),
    ]


@pytest.mark.parametrize("absent", [["服务时长(小时)"], ["开始时间", "结束时间", "休息分钟"]])
def test_a_sheet_needs_the_columns_of_times_or_of_hours(absent: list[str]) -> None:
    full = SERVICE | {"服务时长(小时)": 2}
    row = {header: cell for header, cell in full.items() if header not in absent}
    assert isinstance(read({"服务记录": table(row)}).services[0], ServiceRow)
    bare = {header: cell for header, cell in row.items() if "时" not in header}
    with pytest.raises(Refusal) as caught:
        read({"服务记录": table(bare)})
    assert [fault.params["column"] for fault in caught.value.faults] == ["开始时间", "结束时间"]


def test_a_column_that_stands_twice_is_refused() -> None:
    lines = [[*row, row[2]] for row in table(VOLUNTEER)]
    with pytest.raises(Refusal) as caught:
        read({"会员登记表": lines})
    assert caught.value.code == "workbook_column_repeated"


def test_more_rows_than_allowed_are_refused() -> None:
    sheets = {"服务记录": table(*[SERVICE] * 11)}
    assert len(read(sheets, rows_max=11).services) == 11
    with pytest.raises(Refusal) as caught:
        read(sheets, rows_max=10)
    assert (caught.value.code, caught.value.faults[0].params) == (
        "workbook_too_large",
        {"rows_max": 10},
    )


def rewritten(name: str, old: bytes, new: bytes) -> bytes:
    """A small good workbook with one part of it changed by hand."""
    file = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(workbook({"服务记录": table(SERVICE)}))) as good,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bad,
    ):
        for part in good.namelist():
            content = good.read(part)
            if part == name:
                assert old in content
                content = content.replace(old, new)
            bad.writestr(part, content)
    return file.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"


def a_cell_far_away() -> bytes:
    return rewritten(SHEET, b'r="I1"', b'r="XFD1048576"')


def a_cell_beyond_any_sheet() -> bytes:
    return rewritten(SHEET, b'r="I1"', b'r="ZZZZZZZ99999999999"')


def a_string_repeated_without_end() -> bytes:
    cells = b"<row>" + b'<c t="s"><v>0</v></c>' * 1000 + b"</row>"
    long = rewritten(SHEET, b"</sheetData>", cells + b"</sheetData>")
    file = BytesIO()
    with zipfile.ZipFile(BytesIO(long)) as good, zipfile.ZipFile(file, "w", 8) as bad:
        for part in good.namelist():
            content = good.read(part)
            if part == STRINGS:
                content = content.replace(b"<t>", b"<t>" + b"x" * 10_000_000, 1)
            bad.writestr(part, content, compresslevel=1)
        bad.writestr("xl/media/noise.bin", bytes(range(256)) * 4, zipfile.ZIP_STORED)
    return file.getvalue()


def a_zip_bomb() -> bytes:
    return rewritten(SHEET, b"</sheetData>", b" " * 50_000_000 + b"</sheetData>")


def a_part_larger_than_it_says() -> bytes:
    """A zip may say what it likes of the length of what it holds."""
    content = bytearray(rewritten(STRINGS, b"<sst", b" " * 30_000_000 + b"<sst"))
    for signature, name_at, size_at in ((b"PK\x03\x04", 30, 22), (b"PK\x01\x02", 46, 24)):
        at = -1
        while (at := content.find(signature, at + 1)) >= 0:
            if content[at + name_at :].startswith(STRINGS.encode()):
                content[at + size_at : at + size_at + 4] = (1_000).to_bytes(4, "little")
    return bytes(content)


@pytest.mark.parametrize(
    "make",
    [a_cell_far_away, a_zip_bomb, a_string_repeated_without_end, a_part_larger_than_it_says],
    ids=lambda make: make.__name__,
)
def test_a_small_file_that_would_fill_the_memory_is_too_large(make: Any) -> None:
    with pytest.raises(Refusal) as caught:
        read_county(make())
    assert caught.value.code in ("workbook_too_large", "workbook_unreadable")


def truncated() -> bytes:
    whole = workbook({"服务记录": table(SERVICE)})
    return whole[: len(whole) // 2]


def another_archive() -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a workbook",
        b"<html><table><tr><td>1</td></tr></table></html>",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2048),
        b"PK\x03\x04" + b"x" * 100,
        b"PK\x05\x06" + bytes(18),
        truncated(),
        another_archive(),
        a_cell_beyond_any_sheet(),
        rewritten(SHEET, b"<v>0</v>", b"<v>0</w>"),
        rewritten(SHEET, b"<v>0</v>", b"<v>99999999</v>"),
        rewritten("xl/workbook.xml", b"<sheet ", b"<shed "),
        rewritten("xl/workbook.xml", b"<sheets>", b"\xff\xfe\x00</x>"),
    ],
)
def test_what_is_no_sound_workbook_is_refused_and_nothing_else_happens(content: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        read_county(content)
    assert caught.value.code in ("workbook_unreadable", "workbook_sheet_missing")


def test_the_process_apart_gives_the_same_rows_as_this_one() -> None:
    content = workbook(
        {"服务记录": table(SERVICE, SERVICE | {"日期": ""}), "社工站": table(STATION)}
    )
    assert read_county(content) == apart.parse(content, rows_max=200_000)


def test_a_workbook_is_read_from_any_folder_and_without_an_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    assert read_county(workbook({"社工站": table(STATION)})).stations


SYNONYMS = {
    "会员登记表": {
        "所属社工站": "社工站代码", "姓名": "志愿者姓名", "证件号码": "身份证号",
        "联系电话": "手机", "出生日期": "出生年月日", "登记日期": "登记时间",
        "一寸照片已收": "照片",
    },
    "服务记录": {
        "日期": "服务日期", "活动名称": "活动主题", "证件号码": "身份证号码",
        "开始时间": "签到时间", "结束时间": "签退时间", "服务时长(小时)": "时长（小时）",
    },
}  # fmt: skip


def renamed(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {SYNONYMS[name].get(header, header): cell for header, cell in row.items()}


def test_columns_are_known_by_their_usual_other_names() -> None:
    rows = read({name: table(renamed(name, row)) for name, row in (
        ("会员登记表", VOLUNTEER | {"联系电话": "10012345678"}), ("服务记录", SERVICE),
    )})  # fmt: skip
    assert rows.roster == [volunteer(联系电话="10012345678")]
    assert rows.services == [service()]


def test_a_columns_own_name_counts_more_than_its_others() -> None:
    row = volunteer(电话="1", 联系电话="10012345678", 手机="2")
    assert isinstance(row, RosterRow)
    assert row.phone == "10012345678"


@pytest.mark.parametrize(
    ("start", "end"), [("0800", "1130"), (800, 1130), ("８００", "11点半"), (8 / 24, "11:30")]
)
def test_times_without_a_colon_are_read(start: Any, end: Any) -> None:
    row = service(开始时间=start, 结束时间=end)
    assert isinstance(row, ServiceRow)
    assert (row.start, row.end) == (480, 690)


@pytest.mark.parametrize("time_of_day", ["2460", "0860", 860, 99, 2500, "12345"])
def test_digits_that_are_no_time_are_refused(time_of_day: Any) -> None:
    assert faults(service(开始时间=time_of_day)) == [("F", "cell_not_a_time")]


def test_a_sheet_as_people_have_it_is_read_whole() -> None:
    lines = [
        ["红旗街道社工站 2025 年 3 月服务记录"],
        [],
        ["制表：王站长", "", "２０２５年４月１日"],
        list(renamed("服务记录", SERVICE | {"服务时长(小时)": ""})),
        [1, " HC01 ", "2025年3月4日", "敬 老", "100000201206150026", "８：００", "11点半", "", ""],
        [],
        [2, "HC01", "2025/3/4", "敬老", " 100000201206150026 ", "", "", "", "２．５小时"],
        [3, "HC01", "2025.3.4", "敬老", "100000201206150026", 0.375, 1130, "30分", ""],
        ["", "　", "", "", "", "", "", "", ""],
    ]
    rows = read({"服务记录": lines}).services
    assert [(type(r), r.row, r.line) for r in rows] == [
        (ServiceRow, 1, 5), (ServiceRow, 2, 7), (ServiceRow, 3, 8),
    ]  # fmt: skip
    good = [row for row in rows if isinstance(row, ServiceRow)]
    assert {row.served_on for row in good} == {date(2025, 3, 4)}
    assert [(r.start, r.end, r.minutes, r.break_minutes) for r in good] == [
        (480, 690, None, 0), (None, None, 150, 0), (540, 690, None, 30),
    ]  # fmt: skip
