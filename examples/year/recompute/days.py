"""Days: of months, and of work."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Any

FOREVER = date.max
_SATURDAY = 5


def day(text: str) -> date:
    return date.fromisoformat(text)


def months_later(on: date, months: int) -> date:
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))


class Workdays:
    """Monday to Friday, but for what the script's table says."""

    def __init__(self, holidays: dict[str, dict[str, bool]]) -> None:
        self._worked: dict[date, Any] = {
            day(on): works for table in holidays.values() for on, works in table.items()
        }

    def later(self, on: date, workdays: int) -> date:
        """The day with which so many working days are over; the first day is not counted."""
        while workdays:
            on += timedelta(days=1)
            workdays -= self._worked.get(on, on.weekday() < _SATURDAY)
        return on
