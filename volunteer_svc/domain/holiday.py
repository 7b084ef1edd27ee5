"""What a year's table of holidays may hold."""

from collections.abc import Sequence
from datetime import date

from volunteer_svc.domain.errors import Fault


def table_faults(year: int, days: Sequence[date]) -> list[Fault]:
    """Why these days are no table of that year: outside of it, or named twice."""
    faults = []
    for n, day in enumerate(days):
        if day.year != year:
            faults.append(Fault("day_outside_year", f"days[{n}].on", {"year": year}))
        elif day in days[:n]:
            faults.append(Fault("item_repeated", f"days[{n}].on"))
    return faults
