"""What a certificate states, and codes as people type them (R16)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_svc.domain.certificate import (
    CODE_ALPHABET,
    LINES_MAX,
    Served,
    full_name,
    normalise_code,
    number_shown,
    period_faults,
    service_statement,
)

FROM, TO = date(2026, 1, 1), date(2026, 6, 30)


def stated(*records):
    return service_statement(
        records,
        unit="海州街道社会工作服务站",
        name="王小明",
        member_no="V1",
        from_on=FROM,
        to_on=TO,
    )


def served(minutes, title="敬老", kind=None, on=FROM, historical=False):
    return Served(on, title, kind, minutes, historical)


@pytest.mark.rule("R16")
def test_it_states_the_time_in_whole_and_by_kind_and_activity():
    made = stated(
        served(90, kind="elder_care"), served(30, on=TO), served(45, "义诊"), served(0, "看错了")
    )
    assert (made.minutes, made.times, made.title) == (
        165,
        3,
        "海州街道社会工作服务站志愿服务记录证明",
    )
    assert [(one.kind, one.minutes) for one in made.kinds] == [("elder_care", 90), (None, 75)]
    assert [(line.title, line.first_on, line.last_on, line.times) for line in made.lines] == [
        ("义诊", FROM, FROM, 1), ("敬老", FROM, TO, 2),
    ]  # fmt: skip
    assert made.more is None
    assert stated(served(0)) is None


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 30), st.booleans()), max_size=60))
def test_lines_and_rest_and_kinds_each_add_up_to_the_whole(rows):
    made = stated(*(served(m, f"活动{n}", historical=old) for m, n, old in rows))
    total = sum(m for m, _, _ in rows)
    if total == 0:
        assert made is None
        return
    rest = made.more.minutes if made.more else 0
    assert made.minutes == total == sum(one.minutes for one in made.kinds)
    assert sum(line.minutes for line in made.lines) + rest == total
    assert made.times == sum(one.times for one in made.kinds)
    assert len(made.lines) <= LINES_MAX
    assert made.historical_minutes == sum(m for m, _, old in rows if old)


def test_a_period_ends_today_at_the_latest_and_not_before_it_begins():
    assert period_faults(FROM, TO, TO) == period_faults(FROM, FROM, TO) == []
    assert [one.code for one in period_faults(TO, FROM, TO)] == ["period_upside_down"]
    assert [one.code for one in period_faults(FROM, TO, FROM)] == ["period_in_future"]


def test_a_station_is_named_in_full():
    assert full_name("海州街道社工站") == "海州街道社会工作服务站"
    assert full_name("海城市社工总站") == "海城市社会工作服务总站"
    assert full_name("感王镇社会工作服务站") == "感王镇社会工作服务站"
    assert full_name("感王镇") == "感王镇社会工作服务站"
    assert number_shown("HC01", 2026, 12) == "HC01-2026-000012"


@given(st.text(CODE_ALPHABET, min_size=20, max_size=20))
def test_a_code_is_found_however_it_is_typed(letters):
    code = "-".join(letters[n : n + 4] for n in range(0, 20, 4))
    wide = "".join(chr(ord(one) + 0xFEE0) for one in letters.lower())
    for typed in (code, letters, letters.lower(), f"  {code.replace('-', ' ')} ", wide):
        assert normalise_code(typed) == code


@given(st.text(max_size=40))
def test_what_is_no_code_is_none(text):
    normal = normalise_code(text)
    assert normal is None or len(normal) == 24


@pytest.mark.parametrize("text", ["", "1" * 20, "A" * 19, "A" * 21, "A" * 19 + "O", "Z" * 99_999])
def test_letters_that_are_mistaken_for_others_are_in_no_code(text):
    assert normalise_code(text) is None
