from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_svc.workbooks import cells, layout, times
from volunteer_svc.workbooks.cells import CellError


def code_of(read: Callable[[Any], object], cell: object) -> str:
    with pytest.raises(CellError) as caught:
        read(cell)
    return caught.value.code


FULL_WIDTH = str.maketrans("0123456789:./-", "０１２３４５６７８９：．／－")
DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 12, 31))
SHAPES = st.sampled_from(
    [
        "{0}年{1}月{2}日",
        "{0} 年 {1} 月 {2} 日",
        "{0}年{1}月{2}号",
        "{0}/{1}/{2}",
        "{0}.{1}.{2}",
        "{0}-{1:02}-{2:02}",
        "{0}{1:02}{2:02}",
        "\u3000{0}/{1:02}/{2:02} ",
        "{0}-{1:02}-{2:02} 00:00:00",
        "{0}-{1:02}-{2:02}T00:00:00",
    ]
)


@given(day=DAYS, shape=SHAPES, wide=st.booleans())
def test_a_date_is_read_from_every_way_people_write_it(day: date, shape: str, wide: bool) -> None:
    words = shape.format(day.year, day.month, day.day)
    assert times.day(words.translate(FULL_WIDTH) if wide else words) == day


@given(day=DAYS)
def test_a_date_cell_or_eight_digits_as_a_number_is_that_date(day: date) -> None:
    assert times.day(day) == day
    assert times.day(datetime(day.year, day.month, day.day, 10, 30)) == day  # noqa: DTZ001
    assert times.day(float(day.strftime("%Y%m%d"))) == day


@pytest.mark.parametrize(
    "cell",
    [
        "2025年2月29日",
        "2025-13-01",
        "2025年3月",
        "25.3.4",
        "3/4/2025",
        "1899-12-31",
        "昨天",
        "2025-3-4-5",
        45000.0,
        1e300,
        True,
        time(9, 0),
        date(2100, 1, 1),
    ],
)
def test_what_is_no_certain_date_is_refused(cell: object) -> None:
    assert code_of(times.day, cell) == "cell_not_a_date"


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        ("9:00", 540),
        ("09：00", 540),
        ("０９：３０", 570),
        ("9:00:00", 540),
        ("9点", 540),
        ("9点整", 540),
        ("9点半", 570),
        ("9点30", 570),
        ("9点30分", 570),
        ("9时30分", 570),
        ("9 时 5 分", 545),
        ("上午9:00", 540),
        ("上午 9点", 540),
        ("下午2:30", 870),
        ("下午2点半", 870),
        ("下午14:30", 870),
        ("下午12:30", 750),
        ("0:00", 0),
        ("23:59", 1439),
        ("24:00", 1440),
        (time(9, 30), 570),
        (time(9, 29, 59, 991_000), 570),
        (timedelta(hours=9, minutes=30), 570),
        (timedelta(days=1), 1440),
        (date(1900, 1, 1), 1440),
        (date(1904, 1, 2), 1440),
        (0.375, 540),
        (0.39583333333, 570),
        (1.0, 1440),
    ],
)
def test_a_time_is_read_from_every_way_people_write_it(cell: Any, minutes: int) -> None:
    assert times.end_minutes(cell) == minutes


@given(minutes=st.integers(min_value=0, max_value=1439))
def test_a_time_is_the_same_as_text_as_time_and_as_a_fraction_of_the_day(minutes: int) -> None:
    hour, minute = divmod(minutes, 60)
    for cell in (f"{hour}:{minute:02}", time(hour, minute), minutes / 1440, f"{hour}点{minute}分"):
        assert times.start_minutes(cell) == minutes


@pytest.mark.parametrize(
    "cell",
    [
        *("9", "9:5", "9:60", "25:00", "24:01", "9:00:15", "上午12:30", "9-11点", "-1:00", "早上"),
        *(9.0, 9.3, -0.5, True, time(9, 0, 20), timedelta(days=2), date(2025, 3, 4)),
    ],
)
def test_what_is_no_certain_time_is_refused(cell: object) -> None:
    assert code_of(times.end_minutes, cell) == "cell_not_a_time"


def test_only_an_end_may_be_24_00() -> None:
    assert code_of(times.start_minutes, "24:00") == "cell_not_a_time"


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        (2.0, 120),
        (2.1, 126),
        (0.1, 6),
        (2.9999999999999996, 180),
        (20 / 60, 20),
        ("2", 120),
        ("2.5小时", 150),
        ("２．５", 150),
        ("2.5h", 150),
        ("2个小时", 120),
        ("2小时30分", 150),
        ("2小时30分钟", 150),
        ("2 小时 5", 125),
        ("2时", 120),
        ("90分钟", 90),
        ("2:30", 150),
        (time(2, 30), 150),
        (timedelta(hours=26), 1560),
    ],
)
def test_hours_are_read_from_every_way_people_write_them(cell: Any, minutes: int) -> None:
    assert times.hours_as_minutes(cell) == minutes


@given(minutes=st.integers(min_value=1, max_value=99_999))
def test_hours_typed_as_a_number_or_as_text_give_the_same_minutes(minutes: int) -> None:
    hours, rest = divmod(minutes, 60)
    assert times.hours_as_minutes(minutes / 60) == minutes
    assert times.hours_as_minutes(f"{hours}小时{rest}分") == minutes
    assert times.hours_as_minutes(f"{minutes}分钟") == minutes


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (0.33, "hours_not_whole_minutes"),
        ("0.33", "hours_not_whole_minutes"),
        ("0.333333333", "hours_not_whole_minutes"),
        (0.0, "minutes_out_of_range"),
        (-1.0, "minutes_out_of_range"),
        ("-1", "minutes_out_of_range"),
        (1e300, "minutes_out_of_range"),
        (-1e300, "minutes_out_of_range"),
        ("999999999", "minutes_out_of_range"),
        ("两小时", "cell_not_a_number"),
        ("2小时60分", "cell_not_a_number"),
        ("2.530分", "cell_not_a_number"),
        ("NaN", "cell_not_a_number"),
        ("1e3", "cell_not_a_number"),
        ("9" * 5000, "cell_not_a_number"),
        (True, "cell_not_a_number"),
    ],
)
def test_what_is_no_usable_duration_is_refused(cell: object, code: str) -> None:
    assert code_of(times.hours_as_minutes, cell) == code


@pytest.mark.parametrize("cell", [30.0, "30", "30分钟", "３０", " 30 "])
def test_a_break_is_whole_minutes(cell: Any) -> None:
    assert cells.whole_number(cell) == 30


@pytest.mark.parametrize("cell", [-30.0, 30.5, "半小时", 1e300, True, "9" * 5000])
def test_a_break_of_anything_else_is_refused(cell: object) -> None:
    assert code_of(cells.whole_number, cell) == "cell_not_a_number"


@pytest.mark.parametrize(
    "cell", [100000199003199030.0, 0.0, True, date(2025, 3, 4), "1.00000199003199E+17"]
)
def test_a_document_number_that_a_spreadsheet_made_a_number_is_refused(cell: object) -> None:
    assert code_of(cells.document_number, cell) == "id_cell_not_text"


@pytest.mark.parametrize(
    "cell",
    [
        "１０００００１９９００３１９９０３０",
        " 100000 19900319 9030\u200b",
        "\u202d100000199003199030\u202c",
    ],
)
def test_a_document_number_is_freed_of_blanks_and_full_width(cell: str) -> None:
    assert cells.document_number(cell) == "100000199003199030"


def test_a_document_number_is_otherwise_left_as_typed() -> None:
    assert cells.document_number("1000001990031990３x") == "1000001990031990" + "3x"


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("张　三", "张三"),
        (" 张\u00a0三 ", "张三"),
        ("买买提·艾力", "买买提·艾力"),
        ("John  Smith", "John Smith"),
        ("\ufeff张三\u0000", "张三"),
    ],
)
def test_a_name_loses_the_blanks_it_was_aligned_with(cell: str, name: str) -> None:
    assert cells.person_name(cell) == name


def test_a_phone_number_kept_as_a_number_gets_its_digits_back() -> None:
    assert cells.compact(10048979457.0) == "10048979457"
    assert cells.compact("100 4897－9457") == "1004897-9457"


def test_text_keeps_its_words_and_loses_what_is_not_seen() -> None:
    assert cells.text("  留守儿童\n课业辅导 \x00\x07（二）") == "留守儿童 课业辅导 （二）"


@pytest.mark.parametrize("cell", ["", "  ", "\u3000", "\u200b\ufeff", "\n"])
def test_a_cell_with_nothing_to_see_is_blank(cell: str) -> None:
    assert cells.blank(cell)


@pytest.mark.parametrize("cell", ["无", 0.0, False])
def test_a_cell_with_anything_to_see_is_not_blank(cell: Any) -> None:
    assert not cells.blank(cell)


def test_text_over_its_length_is_refused_with_the_length() -> None:
    read = cells.text_within(4)
    assert read("一二三四") == "一二三四"
    with pytest.raises(CellError) as caught:
        read("一二三四五")
    assert (caught.value.code, caught.value.params) == ("cell_too_long", {"length_max": 4})


def test_an_unknown_word_is_refused_with_the_words_that_are_known() -> None:
    household = next(column for column in layout.ROSTER.columns if column.header == "户籍")
    assert household.read(" 非 长户") is False
    with pytest.raises(CellError) as caught:
        household.read("本地")
    assert caught.value.params == {"allowed": "长户、非长户"}


@pytest.mark.parametrize(
    ("cell", "ticked"), [("是", True), ("√", True), ("✓", True), (True, True), ("否", False)]
)
def test_a_tick_is_a_word_or_a_mark(cell: Any, ticked: bool) -> None:
    tick = next(column for column in layout.ROSTER.columns if column.field == "photo_received")
    assert tick.read(cell) is ticked


@given(cell=st.text() | st.floats(allow_nan=False) | st.booleans() | st.datetimes() | st.times())
def test_any_cell_is_read_or_refused_by_any_column(cell: Any) -> None:
    for sheet in (layout.STATIONS, layout.ROSTER, layout.SERVICES):
        for column in sheet.columns:
            with suppress(CellError):
                column.read(cell)
