"""Events of stars, lists and awards, and of complaints."""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.events.event import Event
from volunteer_svc.domain.star import Cause


class AwardGranted(Event, frozen=True, kw_only=True):
    """An honour from outside; `nomination_id`: the station had put the volunteer forward."""

    NAME = "award.granted"
    award_id: UUID
    volunteer_id: UUID
    station_id: UUID
    nomination_id: UUID | None = None
    granted_on: date


class AwardRevoked(Event, frozen=True, kw_only=True):
    NAME = "award.revoked"
    award_id: UUID
    volunteer_id: UUID
    station_id: UUID
    revoked_on: date


class ComplaintOpened(Event, frozen=True, kw_only=True):
    """`due_on`: the last day to hear who complained. Says nothing of whom it is about."""

    NAME = "complaint.opened"
    SUBJECT = "complaint_id"
    SCOPE = "events:sensitive"
    complaint_id: UUID
    station_id: UUID
    direction: Literal["about", "by"]
    due_on: date


class ComplaintClosed(Event, frozen=True, kw_only=True):
    """`overdue`: whoever complained was not heard in time."""

    NAME = "complaint.closed"
    SUBJECT = "complaint_id"
    SCOPE = "events:sensitive"
    complaint_id: UUID
    station_id: UUID
    outcome: Literal["founded", "partly_founded", "unfounded", "withdrawn"]
    closed_on: date
    overdue: bool


class StarEvent(Event, frozen=True, kw_only=True):
    """One star won or lost: `to_star` is `from_star` plus or minus one."""

    volunteer_id: UUID
    member_no: str
    from_star: int
    to_star: int
    counted_minutes: int
    policy_version: str
    caused_by: Cause


class StarPromoted(StarEvent, frozen=True, kw_only=True):
    NAME = "star.promoted"


class StarRevoked(StarEvent, frozen=True, kw_only=True):
    NAME = "star.revoked"


class RecognitionEntry(msgspec.Struct, frozen=True):
    volunteer_id: UUID
    rank: int
    minutes: int


class RecognitionEvent(Event, frozen=True, kw_only=True):
    """A list as published; `version` counts its issues from 1."""

    SUBJECT = "recognition_id"
    recognition_id: UUID
    scope: Literal["station", "county"]
    station_id: UUID | None = None
    year: int
    version: int
    entries: tuple[RecognitionEntry, ...]
    tied_at_cutoff: bool


class RecognitionPublished(RecognitionEvent, frozen=True, kw_only=True):
    NAME = "recognition.published"


class RecognitionAmended(RecognitionEvent, frozen=True, kw_only=True):
    """A published list issued anew after a correction; it replaces the earlier version."""

    NAME = "recognition.amended"
