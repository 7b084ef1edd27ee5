"""Every event other services can rely on; outbox, schemas and filters derive from this file.

The data of an event holds ids, counts and dates only: no name, phone, address or number, so
that an erasure never rewrites the log.
"""

from datetime import date
from typing import ClassVar, Literal, get_args
from uuid import UUID

import msgspec

from volunteer_svc.domain.star import Cause


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that happened. `NAME` is noun.past, `SUBJECT` the field that names the subject."""

    NAME: ClassVar[str]
    SUBJECT: ClassVar[str] = "volunteer_id"

    @property
    def subject(self) -> str:
        """`volunteer/<id>`, `station/<id>` …: the unit within which events are ordered."""
        return f"{self.SUBJECT.removesuffix('_id')}/{getattr(self, self.SUBJECT)}"


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


class RegistrationLapsed(Event, frozen=True, kw_only=True):
    """Voided by a later `induction.completed` of the same registration."""

    NAME = "registration.lapsed"
    volunteer_id: UUID
    registration_id: UUID
    lapsed_on: date


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


class StationChanged(Event, frozen=True, kw_only=True):
    NAME = "station.changed"
    SUBJECT = "station_id"
    station_id: UUID
    code: str
    kind: Literal["head", "station", "point"]
    parent_id: UUID | None = None
    closed: bool


class ChainSealed(Event, frozen=True, kw_only=True):
    """The signed head of a day: keep it, and it proves the past (`head --verify`).

    `signature` and `public_key`: base64 of the Ed25519 signature of the text `head`.
    """

    NAME = "chain.sealed"
    SUBJECT = "chain"
    chain: Literal["books"]
    number: int
    volunteers: int
    audit_seq: int
    access_seq: int
    head: str
    signature: str
    public_key: str


class EndpointDisabled(Event, frozen=True, kw_only=True):
    """Nothing is sent to a webhook endpoint any more; `undelivered_from`: the first number owed."""

    NAME = "endpoint.disabled"
    SUBJECT = "endpoint_id"
    endpoint_id: UUID
    reason: Literal["owner", "gone", "no_success", "client_closed"]
    undelivered_from: str


class DeliveryExhausted(Event, frozen=True, kw_only=True):
    """An event that an endpoint did not take in ten attempts; it can be sent again by hand."""

    NAME = "delivery.exhausted"
    SUBJECT = "endpoint_id"
    endpoint_id: UUID
    event_id: UUID
    event_sequence: str
    attempts: int


AnyEvent = (
    VolunteerApplied
    | VolunteerDeclined
    | VolunteerRegistered
    | VolunteerUpdated
    | VolunteerSuspended
    | VolunteerReinstated
    | VolunteerExited
    | VolunteerMerged
    | VolunteerErased
    | InductionCompleted
    | RegistrationLapsed
    | ServiceRecorded
    | ServiceRejected
    | ServiceCorrected
    | StarPromoted
    | StarRevoked
    | RecognitionPublished
    | RecognitionAmended
    | StationChanged
    | ChainSealed
    | EndpointDisabled
    | DeliveryExhausted
)
EVENTS: dict[str, type[Event]] = {event.NAME: event for event in get_args(AnyEvent)}
OPERATIONAL = frozenset({EndpointDisabled.NAME, DeliveryExhausted.NAME})
"""About a webhook endpoint itself: never delivered to that one."""
SENSITIVE = frozenset({"complaint.opened", "complaint.closed"})
"""Only for those who have the scope `events:sensitive`."""
