"""A stint as somebody writes it into one cell: `8-11:30`, `0800-1130`, `2.5`, `90分`."""

import re
import unicodedata
from datetime import date
from typing import Any

from volunteer_svc.domain.calendar import local_instant
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.service_record import DAY_MINUTES

_CLOCK = r"(\d{1,2})(?:[:.点时](\d\d|半)?分?|(\d\d))?"
_RANGE = re.compile(rf"{_CLOCK} ?[-–—~至到 ] ?{_CLOCK}", re.ASCII)
_HOURS = re.compile(r"(\d{1,2}(?:\.\d{1,3})?)(?: ?(?:个?小时|[hH]))?", re.ASCII)
_MINUTES = re.compile(r"(?:(\d{1,2})个?小时)?(\d{1,4})分钟?", re.ASCII)


def written_time(text: str, day: date, break_minutes: int) -> dict[str, Any] | Fault:
    """The fields of a `SheetLine` that say when. Full-width digits and signs are read, too.

    An end before its start is the next day's. `time_unreadable` for anything else; one clock time
    alone says neither when it began nor how long it was.
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    if match := _RANGE.fullmatch(plain):
        start, end = _minute(match.groups()[:3]), _minute(match.groups()[3:])
        if start is None or end is None or start == DAY_MINUTES:
            return Fault("time_unreadable", "time")
        ended_at = local_instant(day, end + DAY_MINUTES * (end < start))
        return {
            "started_at": local_instant(day, start),
            "ended_at": ended_at,
            "break_minutes": break_minutes,
        }
    spent: dict[str, Any] = {"served_on": day, "break_minutes": break_minutes}
    if match := _HOURS.fullmatch(plain):
        return spent | {"hours": match[1]}
    if match := _MINUTES.fullmatch(plain):
        return spent | {"minutes": int(match[1] or 0) * 60 + int(match[2])}
    return Fault("time_unreadable", "time")


def _minute(parts: tuple[str | None, ...]) -> int | None:
    """Minutes of the day, 24:00 included."""
    hour, after_colon, run_on = parts
    minute = 30 if after_colon == "半" else int(after_colon or run_on or 0)
    total = int(hour or 0) * 60 + minute
    return total if minute < 60 and total <= DAY_MINUTES else None  # noqa: PLR2004
