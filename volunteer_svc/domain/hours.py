"""Decimal hours exist only at the edge; inside, time is integer minutes."""

from decimal import Decimal

_MINUTES = Decimal(60)


def minutes_of(hours: Decimal) -> int | None:
    """The whole minutes of decimal hours; None when they are not whole or not finite."""
    if not hours.is_finite():
        return None
    minutes = hours * _MINUTES
    return int(minutes) if minutes == minutes.to_integral_value() else None


def hours_shown(minutes: int) -> str:
    """Hours for people, rounded down to two decimals: 99 h 59 min is never shown as 100."""
    return f"{minutes // 60}.{minutes % 60 * 100 // 60:02d}"
