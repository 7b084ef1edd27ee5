"""A volunteer's state, computed from what happened; never stored, so never stale."""

from datetime import date, timedelta
from typing import Literal
from uuid import UUID

import msgspec

State = Literal[
    "applied", "registered", "active", "lapsed", "suspended", "exited", "declined", "erased"
]
_ONE_DAY = timedelta(days=1)
NO_ENTRIES = bytes(32)
"""What the first entry of a ledger is chained to."""


class Registration(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One enrolment and the days of its life; a volunteer can have several in time.

    `expires_on` is the last day of an application whose materials stay incomplete,
    `induction_due_on` the last day for the induction; `inducted_on` the day the person became
    active by it; `ended_on` the last day before an exit took effect.
    """

    id: UUID
    station_id: UUID
    applied_on: date
    expires_on: date
    registered_on: date | None = None
    induction_due_on: date | None = None
    attended_on: date | None = None
    inducted_on: date | None = None
    declined_on: date | None = None
    ended_on: date | None = None

    def lapsed(self, today: date) -> bool:
        """The induction window is over (R3): computed, so a late sheet undoes it by itself."""
        return (
            self.induction_due_on is not None
            and self.inducted_on is None
            and self.declined_on is None
            and self.ended_on is None
            and today > self.induction_due_on
        )


class Suspension(msgspec.Struct, frozen=True, gc=False):
    """May not serve from `from_on` until the day before `to_on` (None: until reinstated)."""

    from_on: date
    to_on: date | None = None

    def covers(self, day: date) -> bool:
        return self.from_on <= day and (self.to_on is None or day < self.to_on)


class Volunteer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the rules need to know of a person. `registrations` in the order they were made.

    `rated_under`: the policy version by which the star was given, until a re-evaluation.
    `counted_minutes`, `star`, `ledger_seq` (entries so far), `ledger_hash` (that of the last
    entry) and `version` (the subject version of events) are the running totals, read under the
    row's lock when they will be written.
    """

    id: UUID
    station_id: UUID
    member_no: str | None = None
    registrations: tuple[Registration, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    counted_minutes: int = 0
    star: int = 0
    rated_under: str = ""
    ledger_seq: int = 0
    ledger_hash: bytes = NO_ENTRIES
    version: int = 0
    revision: int = 0

    def state(self, today: date) -> State:
        """The state of section 1 of the rules on the Shanghai day `today`."""
        if not self.registrations:
            return "erased"
        latest = self.registrations[-1]
        if latest.declined_on is not None:
            return "declined"
        if latest.ended_on is not None:
            return "exited"
        if latest.registered_on is None:
            return "applied" if today <= latest.expires_on else "declined"
        if latest.inducted_on is None:
            return "lapsed" if latest.lapsed(today) else "registered"
        return "suspended" if any(s.covers(today) for s in self.suspensions) else "active"

    def inducted_on(self) -> date | None:
        """The first day on which the person ever became active."""
        return min((r.inducted_on for r in self.registrations if r.inducted_on), default=None)

    def was_active_on(self, day: date) -> bool:
        """Whether a service on `day` can count; the days of induction and of exit both count."""
        enrolled = any(
            r.inducted_on is not None
            and r.inducted_on <= day
            and (r.ended_on is None or day <= r.ended_on)
            for r in self.registrations
        )
        return enrolled and not any(s.covers(day) for s in self.suspensions)

    def is_active_after(self, day: date) -> bool:
        """Active at 24:00 of `day`: what the annual lists ask of 31 December."""
        enrolled = any(
            r.inducted_on is not None
            and r.inducted_on <= day
            and (r.ended_on is None or day < r.ended_on)
            for r in self.registrations
        )
        return enrolled and not any(s.covers(day) for s in self.suspensions)

    def over_since(self, today: date) -> date | None:
        """The first day a new registration may bear (R3), or None while the last one goes on.

        A re-typed old form must not re-open what is over, nor an old attendance count for it.
        """
        latest = self.registrations[-1]
        match self.state(today):
            case "declined":
                return latest.declined_on or latest.expires_on + _ONE_DAY
            case "exited":
                return latest.ended_on
            case "lapsed" if latest.induction_due_on is not None:
                return latest.induction_due_on + _ONE_DAY
        return None


def expires_on(received_on: date, days: int) -> date:
    """The last day of an incomplete application, counted from the day it was taken in.

    Not from the day of application on an old sheet: its clock starts when the station can act.
    """
    return received_on + days * _ONE_DAY
