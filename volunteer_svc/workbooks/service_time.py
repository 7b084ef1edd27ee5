"""A service row's time: start and end, or hours, and what is wrong with neither or both."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any

from volunteer_svc.domain.errors import Fault
from volunteer_svc.workbooks.times import DAY_MINUTES

Settle = Callable[[dict[str, Any], AbstractSet[str]], Fault | None]
"""Takes a row's values, which it may change, and the fields whose cells could not be read."""


def settle(values: dict[str, Any], unread: AbstractSet[str]) -> Fault | None:
    """Leave either start and end, or minutes. Hours that agree with the times add nothing."""
    given = {field for field in ("start", "end", "minutes") if values[field] is not None} | unread
    if not given & {"start", "end"}:
        values["break_minutes"] = 0
        return None if "minutes" in given else Fault("service_time_missing")
    for field in ("start", "end"):
        if field not in given:
            return Fault("service_time_missing", field)
    if "minutes" in given and not unread & {"start", "end", "minutes", "break_minutes"}:
        return _compare(values)
    return None


def _compare(values: dict[str, Any]) -> Fault | None:
    lasted = values["end"] - values["start"]
    if lasted < 0:  # over midnight
        lasted += DAY_MINUTES
    hours, values["minutes"] = values["minutes"], None
    # An end equal to its start is for the domain to refuse, by its own name.
    if lasted and lasted - values["break_minutes"] != hours:
        return Fault("times_and_hours_differ", "minutes")
    return None
