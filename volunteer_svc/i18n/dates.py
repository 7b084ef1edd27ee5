"""Days and instants as people write them."""

from datetime import date, datetime

from volunteer_svc.domain.calendar import BUSINESS_ZONE
from volunteer_svc.i18n import Language

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(value: date | None, language: Language) -> str:
    """`2026年11月20日`, `20 Nov 2026`; a dash for none."""
    if value is None:
        return "—"
    if language == "en":
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
    return f"{value.year}年{value.month}月{value.day}日"


def moment(value: datetime | None, language: Language) -> str:
    """An instant as the clock in Shanghai shows it."""
    if value is None:
        return "—"
    there = value.astimezone(BUSINESS_ZONE)
    return f"{day(there.date(), language)} {there:%H:%M}"
