"""Until when a volunteer has his answer (R17)."""

from datetime import date

import msgspec

from volunteer_svc.domain.calendar import WorkCalendar
from volunteer_svc.domain.policy import Policies


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """`due_on`: the last day for the answer; `approximate`: the year's holidays are not known."""

    due_on: date
    overdue: bool
    approximate: bool


def clock_of(entered_on: date, today: date, policies: Policies, calendar: WorkCalendar) -> Clock:
    """Until when a report that was entered on a day is to be answered."""
    due = calendar.deadline(entered_on, policies.on(entered_on).objection_workdays)
    return Clock(due_on=due.on, overdue=today > due.on, approximate=due.approximate)
