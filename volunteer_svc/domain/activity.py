"""Activities: their windows, who may sign up, and who moves up (R4, R18)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.calendar import (
    BUSINESS_ZONE,
    add_months,
    has_reached,
    is_minor,
    local_date,
)
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.registration import ServiceCategory
from volunteer_svc.domain.service_record import Window
from volunteer_svc.domain.topics import topics_fault
from volunteer_svc.domain.volunteer import Volunteer

ActivityForm = Literal[
    "community_activity", "group_work", "policy_publicity", "home_visit", "other"
]
ActivityState = Literal["planned", "published", "cancelled"]
SignupState = Literal["confirmed", "waiting", "withdrawn", "cancelled"]
ACTIVITY_HOURS_MAX = 24
CAPACITY_MAX = 10_000
OCCURRENCES_MAX = 53
"""A year of weeks."""
INTERVAL_MAX = 12
AHEAD_DAYS_MAX = 3 * 366


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """A planned service. `confirmed` people have a place, of `capacity`.

    `signups` counts all who ever signed up: the next one's place in the order of arrival.
    `minimum_age` in years on the day; `required_topics` are codes. `version` numbers its events,
    `revision` its edits.
    """

    id: UUID
    station_id: UUID
    series_id: UUID | None = None
    state: ActivityState = "planned"
    kind: ServiceCategory
    form: ActivityForm
    title: str
    started_at: datetime
    ended_at: datetime
    place: str = ""
    leader: str = ""
    capacity: int
    risk_notice: str = ""
    required_topics: tuple[str, ...] = ()
    minimum_age: int | None = None
    hazardous: bool = False
    insurance_reference: str = ""
    external_ref: str = ""
    confirmed: int = 0
    signups: int = 0
    created_by: UUID
    created_at: datetime
    published_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    version: int = 0
    revision: int = 1

    @property
    def window(self) -> Window:
        return Window(self.started_at, self.ended_at)

    @property
    def held_on(self) -> date:
        """The Shanghai day on which it starts."""
        return local_date(self.started_at)

    @property
    def free(self) -> int:
        """Places nobody has."""
        return self.capacity - self.confirmed

    def open_from(self, tolerance_minutes: int) -> datetime:
        """The first instant at which one may check in."""
        return self.started_at - timedelta(minutes=tolerance_minutes)

    def open_until(self, tolerance_minutes: int) -> datetime:
        """The last instant at which one may check out; a record is never longer than a day."""
        return min(
            self.ended_at + timedelta(minutes=tolerance_minutes),
            self.open_from(tolerance_minutes) + timedelta(hours=ACTIVITY_HOURS_MAX),
        )


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who wants to come: what the gates ask. `held_topics`: valid on the day.

    `guardian_consents` is asked of minors only: nobody took the consent of the form back.
    """

    volunteer: Volunteer
    birth_date: date
    guardian_consents: bool
    held_topics: frozenset[str]


class Repeat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every `interval` weeks or months, `count` times in all, the first one included."""

    every: Literal["week", "month"]
    count: int
    interval: int = 1


def window_faults(started_at: datetime, ended_at: datetime, now: datetime) -> Iterable[Fault]:
    """What is wrong with a planned window."""
    if ended_at <= started_at:
        yield Fault("end_not_after_start", "ended_at")
    elif ended_at - started_at > timedelta(hours=ACTIVITY_HOURS_MAX):
        yield Fault("longer_than_a_day", "ended_at")
    if started_at.second or started_at.microsecond or ended_at.second or ended_at.microsecond:
        yield Fault("not_whole_minutes", "started_at")
    if started_at <= now:
        yield Fault("activity_in_past", "started_at")
    elif started_at - now > timedelta(days=AHEAD_DAYS_MAX):
        yield Fault("date_out_of_range", "started_at")


def occurrences(window: Window, repeat: Repeat | None) -> list[Window]:
    """The windows of a series, at the same wall-clock time; the first one is `window`.

    Months count from the first day: of a 31st, a shorter month has its last day (民法典 202).
    """
    if repeat is None:
        return [window]
    first = window.started_at.astimezone(BUSINESS_ZONE)
    length = window.ended_at - window.started_at
    starts = []
    for number in range(repeat.count):
        steps = number * repeat.interval
        day = (
            first.date() + timedelta(weeks=steps)
            if repeat.every == "week"
            else add_months(first.date(), steps)
        )
        wall = datetime.combine(day, first.timetz())
        starts.append(wall.astimezone(window.started_at.tzinfo))
    return [Window(start, start + length) for start in starts]


def open_fault(activity: Activity, now: datetime) -> Fault | None:
    """Why nobody can sign up (any more), if so."""
    if activity.state == "cancelled":
        return Fault("activity_cancelled")
    if activity.state != "published":
        return Fault("activity_not_published")
    if now >= activity.started_at:
        return Fault("signup_after_start")
    return None


def gate_faults(activity: Activity, candidate: Candidate, today: date) -> list[Fault]:
    """Everything that keeps this person from coming: age on the day, consent, topics, state."""
    faults = []
    day = activity.held_on
    state = candidate.volunteer.state(today)
    if state != "active" or not candidate.volunteer.was_active_on(day):
        faults.append(Fault("volunteer_not_active", "volunteer_id", {"state": state}))
    youngest = activity.minimum_age
    if youngest is not None and not has_reached(candidate.birth_date, youngest, day):
        faults.append(Fault("too_young_on_the_day", "volunteer_id", {"min_age": youngest}))
    if is_minor(candidate.birth_date, day):
        if activity.hazardous:
            faults.append(Fault("hazardous_for_minors", "volunteer_id"))
        if not candidate.guardian_consents:
            faults.append(Fault("guardian_consent_missing", "volunteer_id"))
    lacking = topics_fault(activity.required_topics, candidate.held_topics, "volunteer_id")
    if lacking is not None:
        faults.append(lacking)
    return faults


def moving_up(
    activity: Activity, waiting: Iterable[Candidate], free: int, today: date
) -> list[UUID]:
    """Who of the waiting list, given in its order, gets the free places.

    Who may not come (any more) keeps his place in the list and holds up nobody.
    """
    able = (c.volunteer.id for c in waiting if not gate_faults(activity, c, today))
    return [volunteer_id for _, volunteer_id in zip(range(free), able, strict=False)]
