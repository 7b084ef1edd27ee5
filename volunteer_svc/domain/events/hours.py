"""Events of service hours."""

from datetime import date
from typing import Literal
from uuid import UUID

from volunteer_svc.domain.events.event import Event


class ServiceRecorded(Event, frozen=True, kw_only=True):
    """Minutes count. `counted_minutes`: the volunteer's lifetime total after them."""

    NAME = "service.recorded"
    record_id: UUID
    volunteer_id: UUID
    station_id: UUID
    activity_id: UUID | None = None
    served_on: date
    minutes: int
    evidence: Literal["timed", "staff", "self", "historical"]
    late: bool
    counted_minutes: int


class ServiceRejected(Event, frozen=True, kw_only=True):
    NAME = "service.rejected"
    record_id: UUID
    volunteer_id: UUID
    station_id: UUID


class ServiceCorrected(Event, frozen=True, kw_only=True):
    NAME = "service.corrected"
    correction_id: UUID
    record_id: UUID
    volunteer_id: UUID
    station_id: UUID
    minutes_delta: int
    counted_minutes: int


class ObjectionOpened(Event, frozen=True, kw_only=True):
    """A volunteer says that a record of his is wrong; `due_on`: the last day for the answer."""

    NAME = "objection.opened"
    objection_id: UUID
    volunteer_id: UUID
    record_id: UUID
    station_id: UUID
    due_on: date


class ObjectionClosed(Event, frozen=True, kw_only=True):
    """`overdue`: the answer came late."""

    NAME = "objection.closed"
    objection_id: UUID
    volunteer_id: UUID
    record_id: UUID
    station_id: UUID
    outcome: Literal["corrected", "kept"]
    closed_on: date
    overdue: bool
