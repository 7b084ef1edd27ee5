"""Events of volunteers, from the application to the erasure."""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.events.event import Event


class VolunteerApplied(Event, frozen=True, kw_only=True):
    NAME = "volunteer.applied"
    volunteer_id: UUID
    station_id: UUID
    registration_id: UUID
    applied_on: date


class VolunteerDeclined(Event, frozen=True, kw_only=True):
    NAME = "volunteer.declined"
    volunteer_id: UUID
    station_id: UUID
    registration_id: UUID
    declined_on: date


class VolunteerRegistered(Event, frozen=True, kw_only=True):
    NAME = "volunteer.registered"
    volunteer_id: UUID
    member_no: str
    station_id: UUID
    registration_id: UUID
    registered_on: date
    induction_due_on: date


class VolunteerUpdated(Event, frozen=True, kw_only=True):
    """`fields`: the names of what changed, never the values."""

    NAME = "volunteer.updated"
    volunteer_id: UUID
    station_id: UUID
    fields: tuple[str, ...]


class VolunteerSuspended(Event, frozen=True, kw_only=True):
    NAME = "volunteer.suspended"
    volunteer_id: UUID
    station_id: UUID
    from_on: date


class VolunteerReinstated(Event, frozen=True, kw_only=True):
    NAME = "volunteer.reinstated"
    volunteer_id: UUID
    station_id: UUID
    reinstated_on: date


class VolunteerExited(Event, frozen=True, kw_only=True):
    NAME = "volunteer.exited"
    volunteer_id: UUID
    station_id: UUID
    exited_on: date


class VolunteerTransferred(Event, frozen=True, kw_only=True):
    """The home station changed, with the person's consent; hours stay where they were given."""

    NAME = "volunteer.transferred"
    volunteer_id: UUID
    from_station_id: UUID
    station_id: UUID
    transferred_on: date


class VolunteerMerged(Event, frozen=True, kw_only=True):
    """One person had two files: this one's hours and numbers belong to `into_id` from now on."""

    NAME = "volunteer.merged"
    volunteer_id: UUID
    station_id: UUID
    member_no: str
    into_id: UUID
    into_member_no: str


class VolunteerErased(Event, frozen=True, kw_only=True):
    """Who it was is destroyed; hours, stars and lists stay under the member number."""

    NAME = "volunteer.erased"
    volunteer_id: UUID
    station_id: UUID
    erased_on: date


class InductionCompleted(Event, frozen=True, kw_only=True):
    NAME = "induction.completed"
    volunteer_id: UUID
    registration_id: UUID
    station_id: UUID
    inducted_on: date


class InductionRevoked(Event, frozen=True, kw_only=True):
    """Voids the `induction.completed` of the same registration: `inducted_on` is its day."""

    NAME = "induction.revoked"
    volunteer_id: UUID
    registration_id: UUID
    station_id: UUID
    inducted_on: date
    revoked_on: date


class RegistrationLapsed(Event, frozen=True, kw_only=True):
    """Voided by a later `induction.completed` of the same registration."""

    NAME = "registration.lapsed"
    volunteer_id: UUID
    registration_id: UUID
    lapsed_on: date


class CompletedTopic(msgspec.Struct, frozen=True, omit_defaults=True):
    """`valid_until`: the last day; none: for ever."""

    topic: str
    valid_until: date | None = None


class TrainingCompleted(Event, frozen=True, kw_only=True):
    """`minutes`: how long the session was. `station_id`: where it was held."""

    NAME = "training.completed"
    training_id: UUID
    volunteer_id: UUID
    station_id: UUID
    completed_on: date
    minutes: int
    topics: tuple[CompletedTopic, ...]


class TrainingRevoked(Event, frozen=True, kw_only=True):
    """Somebody was struck from the attendance list: these topics count for him no more."""

    NAME = "training.revoked"
    training_id: UUID
    volunteer_id: UUID
    station_id: UUID
    topics: tuple[str, ...]
    revoked_on: date


class PositionAppointed(Event, frozen=True, kw_only=True):
    NAME = "position.appointed"
    position_id: UUID
    volunteer_id: UUID
    station_id: UUID
    position: Literal["backbone", "group_leader", "team_leader"]
    group_id: UUID | None = None
    from_on: date


class PositionEnded(Event, frozen=True, kw_only=True):
    NAME = "position.ended"
    position_id: UUID
    volunteer_id: UUID
    station_id: UUID
    position: Literal["backbone", "group_leader", "team_leader"]
    ended_on: date
