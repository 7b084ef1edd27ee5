"""Every event other services can rely on; outbox, schemas and filters derive from this file.

The data of an event holds ids, counts and dates only: no name, phone, address or number, so
that an erasure never rewrites the log.
"""

from datetime import date, datetime
from typing import ClassVar, Literal, get_args
from uuid import UUID

import msgspec

from volunteer_svc.domain.star import Cause


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Something that happened. `NAME` is noun.past, `SUBJECT` the field that names the subject,
    `SCOPE` what a reader needs to see it."""

    NAME: ClassVar[str]
    SUBJECT: ClassVar[str] = "volunteer_id"
    SCOPE: ClassVar[Literal["events:read", "events:sensitive"]] = "events:read"

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


class StationChanged(Event, frozen=True, kw_only=True):
    NAME = "station.changed"
    SUBJECT = "station_id"
    station_id: UUID
    code: str
    kind: Literal["head", "station", "point"]
    parent_id: UUID | None = None
    closed: bool


class PolicyActivated(Event, frozen=True, kw_only=True):
    """New numbers hold; `volunteers` are rated by them now, and `star` events tell the outcome."""

    NAME = "policy.activated"
    SUBJECT = "policy_version"
    policy_version: str
    valid_from: date
    re_evaluation_id: UUID
    volunteers: int

    @property
    def subject(self) -> str:
        return f"policy/{self.policy_version}"


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


class TypeFigures(msgspec.Struct, frozen=True, gc=False):
    """Events of one type: how many, and what they add up to; 0 where they have no such field.

    `minutes`: of service records and their corrections; `stars`: won less lost.
    """

    type: str
    events: int
    minutes: int
    stars: int


class DigestPublished(Event, frozen=True, kw_only=True):
    """What the events of a station (none: those without one) of a day add up to.

    `on`: the Shanghai day of their `time`; counted are the numbers `from_sequence` to
    `to_sequence`. Whoever has the same figures misses nothing.
    """

    NAME = "digest.published"
    SUBJECT = "digest_id"
    digest_id: UUID
    station_id: UUID | None = None
    on: date
    from_sequence: int
    to_sequence: int
    figures: tuple[TypeFigures, ...]


class AlarmRaised(Event, frozen=True, kw_only=True):
    """Something needs an operator; once per incident. `reading` passed `limit`.

    `kind` names the alarm; the list grows.
    """

    NAME = "alarm.raised"
    SUBJECT = "alarm_id"
    alarm_id: UUID
    kind: str
    reading: int
    limit: int


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
    | VolunteerTransferred
    | VolunteerMerged
    | VolunteerErased
    | InductionCompleted
    | RegistrationLapsed
    | TrainingCompleted
    | ServiceRecorded
    | ServiceRejected
    | ServiceCorrected
    | ObjectionOpened
    | ObjectionClosed
    | PositionAppointed
    | PositionEnded
    | AwardGranted
    | AwardRevoked
    | ComplaintOpened
    | ComplaintClosed
    | StarPromoted
    | StarRevoked
    | RecognitionPublished
    | RecognitionAmended
    | ActivityPublished
    | ActivityCancelled
    | SignupConfirmed
    | SignupWithdrawn
    | StationChanged
    | PolicyActivated
    | ChainSealed
    | DigestPublished
    | AlarmRaised
    | EndpointDisabled
    | DeliveryExhausted
)
EVENTS: dict[str, type[Event]] = {event.NAME: event for event in get_args(AnyEvent)}
OPERATIONAL = frozenset({EndpointDisabled.NAME, DeliveryExhausted.NAME})
"""About a webhook endpoint itself: never delivered to that one."""
SENSITIVE = frozenset(name for name, event in EVENTS.items() if event.SCOPE == "events:sensitive")
"""Names that only readers with `events:sensitive` are shown."""
