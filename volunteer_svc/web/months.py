"""A month as a calendar shows it: whole weeks, Monday first."""

import re
from calendar import Calendar
from datetime import date, timedelta

import msgspec

from volunteer_svc.domain.calendar import add_months

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


class Month(msgspec.Struct, frozen=True):
    """By its first day."""

    first: date

    @property
    def last(self) -> date:
        return add_months(self.first, 1) - timedelta(days=1)

    @property
    def text(self) -> str:
        """As it stands in an address: 2026-11."""
        return f"{self.first:%Y-%m}"


def month_of(text: str | None, today: date) -> Month:
    """The month that an address names; today's for none, and for what is none."""
    found = _MONTH.fullmatch(text or "")
    return Month(date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1))


def weeks(month: Month) -> list[list[date]]:
    """With the days of the months around it that fill its weeks."""
    return Calendar().monthdatescalendar(month.first.year, month.first.month)
