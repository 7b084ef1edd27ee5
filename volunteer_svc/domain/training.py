"""Skill training: topics and how long they hold, places and who comes first (R4, R9)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.calendar import add_months
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.volunteer import State

TopicKind = Literal["skill", "management"]
LEADER, MEMBER = 0, 1
"""Who comes first where places are given by priority."""
_YEARS = range(1980, 2200)
_LONGEST = timedelta(hours=24)


class Signup(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants to come. `number` counts the sign-ups of the session in their order."""

    volunteer_id: UUID
    number: int
    priority: int


class Places(msgspec.Struct, frozen=True):
    """Who has a place and who waits for one, each in order."""

    confirmed: list[UUID]
    waiting: list[UUID]


def window_fault(starts_at: datetime, ends_at: datetime) -> Fault | None:
    """Why a session cannot have this window, if so: it ends before it starts, or runs too long."""
    if starts_at.year not in _YEARS or ends_at.year not in _YEARS:
        return Fault("date_out_of_range", "starts_at")
    if ends_at <= starts_at:
        return Fault("end_not_after_start", "ends_at")
    if ends_at - starts_at > _LONGEST:
        return Fault("longer_than_a_day", "ends_at")
    return None


def places(signups: Iterable[Signup], capacity: int | None, *, by_priority: bool) -> Places:
    """The places of a session; capacity None: room for all.

    By priority (management training, R9) backbone and leaders come before members, whenever they
    signed up; inside of each, and in every other session, who came first.
    """
    order = sorted(signups, key=lambda s: (s.priority if by_priority else LEADER, s.number))
    who = [signup.volunteer_id for signup in order]
    room = len(who) if capacity is None else capacity
    return Places(who[:room], who[room:])


def valid_until(completed_on: date, validity_months: int | None) -> date | None:
    """The last day on which a topic holds; None: for ever."""
    return None if validity_months is None else add_months(completed_on, validity_months)


def attendance_fault(state: State, *, member: bool) -> Fault | None:
    """Why attending does not count for this person: only for members on file."""
    if not member or state in ("erased", "merged", "declined", "exited"):
        return Fault("state_forbids", None, {"state": state})
    return None
