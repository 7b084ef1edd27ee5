"""Events of activities and of who comes."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from volunteer_svc.domain.events.event import Event


class ActivityPublished(Event, frozen=True, kw_only=True):
    """People may sign up. `series_id`: of a recurring one."""

    NAME = "activity.published"
    SUBJECT = "activity_id"
    activity_id: UUID
    station_id: UUID
    series_id: UUID | None = None
    kind: Literal[
        "social_assistance", "child_welfare", "elder_care", "community_governance", "social_affairs"
    ]
    form: Literal["community_activity", "group_work", "policy_publicity", "home_visit", "other"]
    started_at: datetime
    ended_at: datetime
    capacity: int


class ActivityCancelled(Event, frozen=True, kw_only=True):
    """`confirmed` and `waiting`: how many had signed up, and are to be told."""

    NAME = "activity.cancelled"
    SUBJECT = "activity_id"
    activity_id: UUID
    station_id: UUID
    held_on: date
    confirmed: int
    waiting: int


class SignupConfirmed(Event, frozen=True, kw_only=True):
    """Somebody has a place; `moved_up`: after waiting for it.

    Ordered within the activity, whose capacity decides; the volunteer is in the payload.
    """

    NAME = "signup.confirmed"
    SUBJECT = "activity_id"
    signup_id: UUID
    activity_id: UUID
    volunteer_id: UUID
    station_id: UUID
    moved_up: bool


class SignupWithdrawn(Event, frozen=True, kw_only=True):
    """`was_confirmed`: the place is free; else it was one on the waiting list."""

    NAME = "signup.withdrawn"
    SUBJECT = "activity_id"
    signup_id: UUID
    activity_id: UUID
    volunteer_id: UUID
    station_id: UUID
    was_confirmed: bool
