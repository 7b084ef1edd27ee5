"""Dates as the Civil Code counts them: business days, periods in months, ages."""

import calendar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

BUSINESS_ZONE = ZoneInfo("Asia/Shanghai")
_SATURDAY = 5
_ADULT_YEARS = 18
_DEADLINES_KNOWN = 20_000
"""Of fifty years; whoever asks for days of all centuries does not fill the memory."""


@lru_cache(1_024)  # a sheet asks the same few instants again and again
def local_date(instant: datetime) -> date:
    """The Shanghai day an instant lies in."""
    return instant.astimezone(BUSINESS_ZONE).date()


@lru_cache(4_096)  # likewise
def local_instant(day: date, minute_of_day: int) -> datetime:
    """The instant (UTC) of a Shanghai wall-clock time; 1440 and more run into the next day."""
    days, minute = divmod(minute_of_day, 24 * 60)
    wall = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=BUSINESS_ZONE)
    return (wall + timedelta(days=days)).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """The corresponding day `months` later, or that month's last day where there is none.

    民法典 201–203: the first day is not counted, the period ends on the corresponding day at
    24:00. Born on 29 February: the birthday of a common year is 28 February, by the same rule.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    month += 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def has_reached(birth_date: date, years: int, on: date) -> bool:
    """Whether an age is reached: from 00:00 Shanghai on the birthday (以上, 民法典 1259)."""
    if birth_date.year + years > date.max.year:
        return False  # nobody's, but a client may send it
    return add_months(birth_date, 12 * years) <= on


def is_minor(birth_date: date, on: date) -> bool:
    """Under 18 (民法典 17): by law, not by policy."""
    return not has_reached(birth_date, _ADULT_YEARS, on)


class WorkCalendar(msgspec.Struct, frozen=True):
    """Working days: Monday to Friday, corrected by a table of holidays and worked weekends.

    `exceptions` maps a day to whether it is worked. Outside the years in the table the plain
    week holds and the answer says so (R15 needs an answer, not a failure).
    """

    exceptions: dict[date, bool]
    years: frozenset[int]
    _deadlines: dict[tuple[date, int], "Deadline"] = {}

    @classmethod
    def of(cls, exceptions: dict[date, bool]) -> "WorkCalendar":
        return cls(exceptions, frozenset(day.year for day in exceptions))

    def is_workday(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() < _SATURDAY)

    def deadline(self, start: date, workdays: int) -> "Deadline":
        """The last day of a period of `workdays` working days after `start` (not counted)."""
        known = self._deadlines.get((start, workdays))
        if known is None:
            if len(self._deadlines) >= _DEADLINES_KNOWN:
                self._deadlines.clear()
            known = self._deadlines[start, workdays] = self._count(start, workdays)
        return known

    def _count(self, start: date, workdays: int) -> "Deadline":
        day = start
        while workdays > 0:
            day += timedelta(days=1)
            workdays -= self.is_workday(day)
        return Deadline(day, approximate=not {start.year, day.year} <= self.years)


class Deadline(msgspec.Struct, frozen=True):
    """`on` is the last day in time. `approximate`: the holiday table does not reach there."""

    on: date
    approximate: bool
