"""A stint in one cell, in the shapes people write it."""

from datetime import UTC, date, datetime

import pytest

from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.written_time import written_time

DAY = date(2026, 11, 20)
RANGES = {
    "8-11:30": (8, 0, 11, 30),
    "8:00-11:30": (8, 0, 11, 30),
    "0800-1130": (8, 0, 11, 30),
    "800 1130": (8, 0, 11, 30),
    "８：００～１１：３０": (8, 0, 11, 30),
    "8.30-11.30": (8, 30, 11, 30),
    "8点-11点半": (8, 0, 11, 30),
    "8点15分到11点30分": (8, 15, 11, 30),
    " 8 至 11 ": (8, 0, 11, 0),
    "20:00—24:00": (20, 0, 24, 0),
    "0-0830": (0, 0, 8, 30),
}
MINUTES = {"90分": 90, "90分钟": 90, "2小时30分": 150, "１个小时５分": 65}
HOURS = {"2.5": "2.5", "２.５": "2.5", "2.5小时": "2.5", "3 h": "3", "8": "8", "12个小时": "12"}
UNREADABLE = [
    "8:00", "0800", "早上", "8-25", "8:60-9", "24-25", "24:00-1:00", "-8", "8-", "1e3", "2.5.1",
    "8-9-10", "123", "½", "٨-٩", "8-11:30 备注", "100.5",
]  # fmt: skip


@pytest.mark.parametrize(("text", "clock"), RANGES.items())
def test_from_when_to_when_is_read_as_shanghai_time(text, clock):
    start_hour, start, end_hour, end = clock
    when = written_time(text, DAY, 0)
    begins = datetime(2026, 11, 19, 16, tzinfo=UTC)
    assert (when["started_at"] - begins).total_seconds() / 60 == start_hour * 60 + start
    assert (when["ended_at"] - begins).total_seconds() / 60 == end_hour * 60 + end


def test_an_end_before_its_start_is_the_next_days():
    when = written_time("22-1:30", DAY, 0)
    assert when["ended_at"] == datetime(2026, 11, 20, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(("text", "minutes"), MINUTES.items())
def test_minutes_are_read(text, minutes):
    assert written_time(text, DAY, 0) == {
        "served_on": DAY, "break_minutes": 0, "minutes": minutes,
    }  # fmt: skip


@pytest.mark.parametrize(("text", "hours"), HOURS.items())
def test_hours_are_read(text, hours):
    assert written_time(text, DAY, 10) == {
        "served_on": DAY, "break_minutes": 10, "hours": hours,
    }  # fmt: skip


@pytest.mark.parametrize("text", UNREADABLE)
def test_anything_else_is_not_guessed(text):
    assert written_time(text, DAY, 0) == Fault("time_unreadable", "time")
