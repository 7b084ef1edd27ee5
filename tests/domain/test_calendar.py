"""Dates as the Civil Code counts them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer_svc.domain.calendar import (
    WorkCalendar,
    add_months,
    has_reached,
    local_date,
    local_instant,
)

DAYS = st.dates(date(1900, 1, 1), date(2190, 12, 31))


@pytest.mark.rule("R3")
@pytest.mark.parametrize(
    ("registered_on", "last_day"),
    [
        ("2025-11-30", "2026-02-28"),
        ("2025-11-29", "2026-02-28"),
        ("2025-11-28", "2026-02-28"),
        ("2023-11-30", "2024-02-29"),
        ("2026-05-31", "2026-08-31"),
        ("2025-12-01", "2026-03-01"),
    ],
)
def test_a_period_of_three_months_ends_on_the_corresponding_or_last_day(registered_on, last_day):
    assert add_months(date.fromisoformat(registered_on), 3).isoformat() == last_day


@given(DAYS, st.integers(0, 1200))
def test_month_arithmetic_agrees_with_walking_day_by_day(day, months):
    # The second method: walk to the first day of the target month, then forward while it lasts.
    first = day.replace(day=1)
    for _ in range(months):
        first = (first + timedelta(days=31)).replace(day=1)
    candidates = (first + timedelta(days=n) for n in range(31))
    expected = max(c for c in candidates if c.month == first.month and c.day <= day.day)
    assert add_months(day, months) == expected


@given(DAYS, DAYS, st.integers(0, 60))
def test_a_later_start_never_ends_a_period_earlier(first, second, months):
    first, second = sorted((first, second))
    assert add_months(first, months) <= add_months(second, months)


def test_fourteen_is_reached_on_the_birthday_itself():
    born = date(2012, 6, 15)
    assert not has_reached(born, 14, date(2026, 6, 14))
    assert has_reached(born, 14, date(2026, 6, 15))


def test_a_birth_date_at_the_end_of_time_reaches_nothing():
    assert not has_reached(date.max, 14, date.max)


def test_born_on_29_february_the_birthday_of_a_common_year_is_the_28th():
    assert has_reached(date(2012, 2, 29), 14, date(2026, 2, 28))
    assert not has_reached(date(2012, 2, 29), 14, date(2026, 2, 27))


def test_the_shanghai_day_begins_at_16_utc():
    assert local_date(datetime(2026, 6, 14, 15, 59, 59, tzinfo=UTC)) == date(2026, 6, 14)
    assert local_date(datetime(2026, 6, 14, 16, 0, tzinfo=UTC)) == date(2026, 6, 15)


def test_china_had_summer_time_in_1988():
    assert local_instant(date(1988, 7, 1), 12 * 60) == datetime(1988, 7, 1, 3, 0, tzinfo=UTC)
    assert local_instant(date(1998, 7, 1), 12 * 60) == datetime(1998, 7, 1, 4, 0, tzinfo=UTC)


def test_24_00_is_the_next_midnight():
    assert local_instant(date(2026, 1, 31), 1440) == local_instant(date(2026, 2, 1), 0)


CALENDAR = WorkCalendar.of(
    {date(2026, 10, day): False for day in range(1, 8)}
    | {date(2026, 9, 20): True, date(2026, 10, 10): True}
)


def test_ten_working_days_skip_the_national_holiday_and_count_worked_weekends():
    # 28, 29, 30 September; 8, 9, 10 (a worked Saturday), 12, 13, 14, 15 October.
    deadline = CALENDAR.deadline(date(2026, 9, 27), 10)
    assert (deadline.on, deadline.approximate) == (date(2026, 10, 15), False)


def test_outside_the_holiday_table_the_plain_week_holds_and_says_so():
    deadline = CALENDAR.deadline(date(2030, 1, 4), 1)  # a Friday
    assert (deadline.on, deadline.approximate) == (date(2030, 1, 7), True)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 30))
def test_a_deadline_is_a_working_day_with_that_many_working_days_behind_it(start, workdays):
    on = CALENDAR.deadline(start, workdays).on
    passed = [start + timedelta(days=n) for n in range(1, (on - start).days + 1)]
    assert CALENDAR.is_workday(on)
    assert sum(CALENDAR.is_workday(day) for day in passed) == workdays
