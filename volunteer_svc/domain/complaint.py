"""Complaints about a volunteer or by one: heard in time by the head (R14)."""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.errors import Fault

Direction = Literal["about", "by"]
"""About the volunteer, or by him."""
Contact = Literal["call", "meeting"]
Outcome = Literal["founded", "partly_founded", "unfounded", "withdrawn"]


class Clock(msgspec.Struct, frozen=True):
    """R14: within three working days the head calls or meets who complained."""

    due_on: date
    contacted_on: date | None
    closed: bool

    def overdue(self, today: date) -> bool:
        """Nobody was heard by the last day, or only after it."""
        if self.contacted_on is not None:
            return self.contacted_on > self.due_on
        return not self.closed and today > self.due_on


def handling_fault(handler: Staff, volunteer_id: UUID) -> Fault | None:
    """Nobody handles a complaint about himself, or his own."""
    return Fault("own_complaint") if handler.volunteer_id == volunteer_id else None


def closing_fault(outcome: Outcome, contacted_on: date | None) -> Fault | None:
    """Before an outcome somebody was heard, unless the complaint was taken back."""
    if contacted_on is None and outcome != "withdrawn":
        return Fault("contact_missing", "outcome")
    return None
