"""Codes of the site, and what coming and going amounts to."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.test_activity import NOW, activity
from volunteer_svc.domain.check_in import (
    CODE_CHARACTERS,
    check_in_fault,
    check_out_fault,
    code_step,
    code_text,
    forgotten,
    served,
    site_fault,
)
from volunteer_svc.domain.one_time_code import STEP_SECONDS, step_of


def code_of(step):
    return code_text(step.to_bytes(8, "little") * 4)


@given(st.integers(-5, 5), st.integers(0, 29))
def test_this_code_and_the_one_before_are_taken_and_no_other(back, second):
    now = NOW + timedelta(seconds=second)
    shown = code_of(step_of(now) - back)
    expected = step_of(now) - back if back in (0, 1) else None
    assert code_step(f" {shown[:4].lower()}-{shown[4:]} ", code_of, now) == expected


def test_a_code_is_typed_without_letters_that_look_alike():
    assert len(code_text(b"\xff" * 32)) == CODE_CHARACTERS
    assert code_text(b"\x00" * 32) == "2" * 8
    assert STEP_SECONDS == 30


def test_one_checks_in_from_the_tolerance_before_until_the_end_and_out_after_it():
    one = activity()
    minute = timedelta(minutes=1)
    assert check_in_fault(one, one.started_at - 30 * minute, 30) is None
    assert check_in_fault(one, one.started_at - 31 * minute, 30).code == "check_in_closed"
    assert check_in_fault(one, one.ended_at, 30).code == "check_in_closed"
    assert check_out_fault(one, one.ended_at + 30 * minute, 30) is None
    assert check_out_fault(one, one.ended_at + 31 * minute, 30).code == "check_out_over"
    assert site_fault(one, one.ended_at + 30 * minute, 30) is None
    assert site_fault(one, one.ended_at + 31 * minute, 30).code == "check_in_closed"
    assert check_in_fault(activity(state="cancelled"), one.started_at, 30).code == (
        "activity_cancelled"
    )
    assert site_fault(activity(state="planned"), one.ended_at, 30).code == "activity_not_published"


def test_whole_minutes_count_and_less_than_one_is_none():
    here = NOW + timedelta(seconds=50)
    assert served(here, here + timedelta(seconds=9)) is None
    window = served(here, here + timedelta(minutes=1))
    assert (window.started_at, window.ended_at) == (NOW, NOW + timedelta(minutes=1))


def test_a_day_long_activity_never_gives_more_than_a_day():
    one = activity(ended_at=NOW + timedelta(days=3))
    early = one.open_from(30)
    assert one.ended_at - one.started_at == timedelta(days=1)
    assert one.open_until(30) - early == timedelta(hours=24)
    assert forgotten(one, early).ended_at - early == timedelta(hours=24)
    assert forgotten(one, one.ended_at) is None
