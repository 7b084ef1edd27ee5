"""A line of a sign-in sheet as somebody wrote it, on its way to becoming an entry."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc.domain.calendar import local_date, local_instant
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.hours import minutes_of
from volunteer_svc.domain.registration import ServiceCategory
from volunteer_svc.domain.service_record import (
    DAY_MINUTES,
    Entry,
    Evidence,
    Refused,
    Window,
    net_minutes,
)
from volunteer_svc.domain.text import Line, Long, Name, Reason, Short

_YEARS = range(1980, 2200)
"""No sheet is older or will be younger; keeps every date within what a calendar can count."""

Hours = float | Annotated[str, Meta(max_length=16)]
"""A JSON number, or plain digits as text."""
_PLAIN_DECIMAL = re.compile(r"\d{1,5}(\.\d{1,6})?", re.ASCII)
Instant = Annotated[datetime, Meta(tz=True)]


class SheetLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Whose hours (id or member number), when, and what was done.

    Either `started_at` and `ended_at` (instants with offset) with `break_minutes`, or
    `served_on` with `minutes` or decimal `hours`.
    """

    volunteer_id: UUID | None = None
    member_no: Name | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None
    break_minutes: int = 0
    served_on: date | None = None
    minutes: int | None = None
    hours: Hours | None = None
    evidence: Evidence = "staff"
    evidence_reference: Line = ""
    late_reason: Reason = ""
    title: Short = ""
    kind: ServiceCategory | None = None
    place: Short = ""
    leader: Name | None = None
    content: Long = ""
    external_ref: Short = ""
    activity_id: UUID | None = None


class Stint(msgspec.Struct, frozen=True, gc=False):
    """When and how long: the service day (Shanghai), net minutes, and the window if known."""

    served_on: date
    minutes: int
    window: Window | None = None


def stint(line: SheetLine) -> Stint | Fault:
    """The stint a line tells of, or what is wrong with its times."""
    if (line.started_at is None) != (line.ended_at is None):
        missing = "started_at" if line.started_at is None else "ended_at"
        return Fault("service_time_missing", missing)
    if line.started_at is not None and line.ended_at is not None:
        if any(given is not None for given in (line.served_on, line.minutes, line.hours)):
            return Fault("service_time_ambiguous", "minutes")
        if line.started_at.year not in _YEARS or line.ended_at.year not in _YEARS:
            return Fault("date_out_of_range", "started_at")
        return windowed(line.started_at, line.ended_at, line.break_minutes)
    if line.served_on is None:
        return Fault("service_time_missing", "served_on")
    if line.break_minutes:  # hours without times are what was served
        return Fault("service_time_ambiguous", "break_minutes")
    if line.served_on.year not in _YEARS:
        return Fault("date_out_of_range", "served_on")
    if (line.minutes is None) == (line.hours is None):
        ambiguous = line.minutes is not None
        return Fault("service_time_ambiguous" if ambiguous else "service_time_missing", "minutes")
    minutes = line.minutes if line.hours is None else _minutes_of(line.hours)
    if minutes is None:
        return Fault("hours_not_whole_minutes", "hours")
    return Stint(line.served_on, minutes)


def _minutes_of(hours: Hours) -> int | None:
    """`Decimal` alone would read `1_0` as ten and take NaN for a number."""
    text = str(hours)
    return minutes_of(Decimal(text)) if _PLAIN_DECIMAL.fullmatch(text) else None


def windowed(started_at: datetime, ended_at: datetime, break_minutes: int) -> Stint | Fault:
    """The stint between two instants; it belongs to the local day of its start."""
    if not 0 <= break_minutes <= DAY_MINUTES:
        return Fault("break_too_long", "break_minutes")
    minutes = net_minutes(started_at, ended_at, break_minutes)
    if isinstance(minutes, Fault):
        return minutes
    return Stint(local_date(started_at), minutes, Window(started_at, ended_at))


def paper_stint(day: date, start: int, end: int, break_minutes: int) -> Stint | Fault:
    """The stint of wall-clock times on paper (minutes of the day, Shanghai).

    An end earlier than its start is the next day; an equal one is refused.
    """
    if day.year not in _YEARS:
        return Fault("date_out_of_range", "served_on")
    over_midnight = end < start
    return windowed(
        local_instant(day, start),
        local_instant(day, end + DAY_MINUTES * over_midnight),
        break_minutes,
    )


def entry(line: SheetLine, station_id: UUID, volunteer_id: UUID | None) -> Entry | Refused:
    """The entry of a line whose volunteer has been looked up (None: nobody was found)."""
    when = stint(line)
    if isinstance(when, Fault):
        return Refused((when,))
    return Entry(
        volunteer_id=volunteer_id,
        station_id=station_id,
        served_on=when.served_on,
        minutes=when.minutes,
        window=when.window,
        break_minutes=line.break_minutes,
        evidence=line.evidence,
        evidence_reference=line.evidence_reference,
        late_reason=line.late_reason,
        title=line.title,
        kind=line.kind,
        place=line.place,
        leader=line.leader or "",
        content=line.content,
        external_ref=line.external_ref,
        activity_id=line.activity_id,
    )
