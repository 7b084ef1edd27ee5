"""What one cell says as a date, a time of day or a duration, in the shapes people type them."""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from volunteer_svc.workbooks.cells import Cell, CellError, compact, half_width

DAY_MINUTES = 24 * 60
TIME_24_00 = (date(1900, 1, 1), date(1904, 1, 2))
"""How 24:00 in a cell of format `hh:mm` arrives, in both date systems of Excel."""

_DAY = re.compile(
    r"(\d{4}) ?[年/.-] ?(\d{1,2}) ?[月/.-] ?(\d{1,2}) ?[日号]?(?:[ T]\d{1,2}:\d\d(?::\d\d)?)?"
    r"|(\d{4})(\d\d)(\d\d)",
    re.ASCII,
)
_CLOCK = re.compile(
    r"(上午|下午)?(?:(\d{1,2}):(\d\d)(?::00)?|(\d{1,2})(\d\d)|(\d{1,2})[点时](?:(\d{1,2})分?|(半)|整)?)",
    re.ASCII,
)
_HOURS = re.compile(r"(-?\d{1,9}(?:\.\d{1,9})?)(?:个?小时|[hH])?", re.ASCII)
_HOURS_AND_MINUTES = re.compile(
    r"(\d{1,4})(?:个?小时|时)([0-5]?\d)(?:分钟?)?|(\d{1,4})时|(\d{1,4}):([0-5]\d)|()(\d{1,5})分钟?",
    re.ASCII,
)


def day(cell: Cell) -> date:
    """A date. A bare serial number is refused: it means two days, by the workbook's date system."""
    found: date | None = None
    if isinstance(cell, datetime):
        found = cell.date()
    elif isinstance(cell, date):
        found = cell
    elif match := _DAY.fullmatch(half_width(cell)):
        year, month, day_of_month = (int(part) for part in match.groups() if part)
        try:
            found = date(year, month, day_of_month)
        except ValueError:
            found = None
    if found is None or not 1900 <= found.year < 2100:  # noqa: PLR2004 - a slip, not a date
        raise CellError("cell_not_a_date")
    return found


def start_minutes(cell: Cell) -> int:
    """Minutes since midnight, 0 to 1439."""
    minutes = end_minutes(cell)
    if minutes == DAY_MINUTES:
        raise CellError("cell_not_a_time")
    return minutes


def end_minutes(cell: Cell) -> int:
    """Minutes since midnight, 0 to 1440: an end may be 24:00."""
    minutes = _clock_text(compact(cell)) if isinstance(cell, str) else _clock_value(cell)
    if minutes is None or not 0 <= minutes <= DAY_MINUTES:
        raise CellError("cell_not_a_time")
    return minutes


def hours_as_minutes(cell: Cell) -> int:
    """A duration given in hours, or as 「2小时30分」 or 2:30, in whole minutes above 0."""
    minutes = _duration(cell)
    if minutes is None:
        raise CellError("cell_not_a_number")
    if not 0 < minutes < 10**6:
        raise CellError("minutes_out_of_range")
    if minutes != int(minutes):
        raise CellError("hours_not_whole_minutes")
    return int(minutes)


def _clock_text(words: str) -> int | None:
    match = _CLOCK.fullmatch(words)
    if match is None:
        return None
    half_day, *parts, half = match.groups()
    hour, minute = (int(part) for part in ([part for part in parts if part] + [0])[:2])
    minute = 30 if half else minute
    if half_day == "下午" and hour < 12:  # noqa: PLR2004 - noon
        hour += 12
    # 「上午12:30」 is half past midnight to Excel and half past noon to people.
    elif half_day == "上午" and hour >= 12:  # noqa: PLR2004 - noon
        return None
    return hour * 60 + minute if minute < 60 else None  # noqa: PLR2004


def _clock_value(cell: Cell) -> int | None:
    """Day fractions are rounded to the second, since most minutes have no exact fraction."""
    if cell in TIME_24_00:
        return DAY_MINUTES
    if isinstance(cell, float) and cell.is_integer() and 100 <= cell <= 2400:  # noqa: PLR2004
        return _clock_text(str(int(cell)))  # 800 and 1130 as numbers
    if isinstance(cell, time):
        seconds = Decimal(cell.hour * 3600 + cell.minute * 60 + cell.second)
        seconds += Decimal(cell.microsecond).scaleb(-6)
    elif isinstance(cell, timedelta):
        seconds = Decimal(cell // timedelta(microseconds=1)).scaleb(-6)
    elif isinstance(cell, float) and 0 <= cell <= 1:
        seconds = Decimal(repr(cell)) * 86_400
    else:
        return None
    minutes, rest = divmod(round(seconds), 60)
    return None if rest else minutes


def _duration(cell: Cell) -> Decimal | None:
    """Minutes, perhaps not whole; exact for what was typed."""
    if isinstance(cell, float):
        # =20/60 and =(B2-A2)*24 leave noise in the last places, far below anything typed.
        return round(Decimal(repr(cell)) * 60, 9) if abs(cell) < 10**9 else Decimal(10**9)
    if isinstance(cell, time | timedelta):
        whole = _clock_value(cell)
        return None if whole is None else Decimal(whole)
    words = compact(cell)
    if match := _HOURS.fullmatch(words):
        return Decimal(match[1]) * 60
    if match := _HOURS_AND_MINUTES.fullmatch(words):
        hours, minutes = ([part for part in match.groups() if part is not None] + [0])[:2]
        return Decimal(int(hours or 0) * 60 + int(minutes))
    return None
