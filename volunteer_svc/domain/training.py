"""Skill training: topics and how long they hold, places and who comes first (R4, R9)."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.calendar import add_months
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.volunteer import State

TopicKind = Literal["skill", "management"]
LEADER, MEMBER = 0, 1
"""Who comes first where places are given by priority."""


class Signup(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants to come. `number` counts the sign-ups of the session in their order."""

    volunteer_id: UUID
    number: int
    priority: int


class Places(msgspec.Struct, frozen=True):
    """Who has a place and who waits for one, each in order."""

    confirmed: list[UUID]
    waiting: list[UUID]


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


def missing_topics(required: Iterable[str], held: Collection[str]) -> list[str]:
    """What of the required topics is missing, in the order required (R4)."""
    return [topic for topic in required if topic not in held]


def topics_fault(required: Iterable[str], held: Collection[str]) -> Fault | None:
    """Why somebody may not serve where these topics are required (R4), if so.

    `held`: his topics valid on the day of service, to be asked again on that very day.
    """
    missing = missing_topics(required, held)
    return Fault("training_missing", None, {"topics": ", ".join(missing)}) if missing else None


def attendance_fault(state: State, *, member: bool) -> Fault | None:
    """Why attending does not count for this person: only for members on file."""
    if not member or state in ("erased", "merged", "declined", "exited"):
        return Fault("state_forbids", None, {"state": state})
    return None
