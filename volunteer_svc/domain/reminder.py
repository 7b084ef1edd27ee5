"""Reminders: what is due, in which steps, and at what hours people are written to."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from volunteer_svc.domain.calendar import BUSINESS_ZONE, WorkCalendar

Kind = Literal[
    "induction",
    "training_expiry",
    "approval_waiting",
    "objection_overdue",
    "complaint_overdue",
    "correction_overdue",
    "activity_cancelled",
    "activity_moved_up",
]
STEPS: dict[Kind, tuple[int, ...]] = {"induction": (30, 7, 1), "training_expiry": (30, 7)}
"""Days ahead at which a volunteer is reminded; the station is told once, when it is late, and of
an activity its volunteers at once."""
SENDING_HOURS = range(8, 20)
"""Shanghai: nobody is woken by us."""
TRIES = 5
"""Then it is on the station's list, for somebody to call."""


def step_due(due_on: date, today: date, steps: Sequence[int]) -> int | None:
    """The step that today belongs to: the latest that has come; None before the first and after
    the day itself. After days without a run only one is due, not all that were missed."""
    left = (due_on - today).days
    if left < 0:
        return None
    return min((step for step in steps if left <= step), default=None)


def may_send(now: datetime) -> bool:
    return now.astimezone(BUSINESS_ZONE).hour in SENDING_HOURS


def is_late(since: date, workdays: int, calendar: WorkCalendar, today: date) -> bool:
    """Whether something that waits since that day has waited longer than the working days."""
    return calendar.deadline(since, workdays).on < today
