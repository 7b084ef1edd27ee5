"""Events of the service itself: its stations and numbers, heads, digests, alarms, webhooks."""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.events.event import Event


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
