"""Decimal hours exist only at the edge; inside, time is integer minutes."""

from decimal import Decimal

_MINUTES = Decimal(60)
_HOURS_MAX = 1_000_000


def minutes_of(hours: Decimal) -> int | None:
    """The whole minutes of decimal hours; None when they are not whole, or beyond all reason."""
    # 1E+999999 is a finite decimal, and a million digits as an integer.
    if not hours.is_finite() or hours.copy_abs() > _HOURS_MAX:
        return None
    minutes = hours * _MINUTES
    return int(minutes) if minutes == minutes.to_integral_value() else None


def hours_shown(minutes: int) -> str:
    """Hours for people, rounded down to two decimals: 99 h 59 min is never shown as 100."""
    return f"{minutes // 60}.{minutes % 60 * 100 // 60:02d}"
