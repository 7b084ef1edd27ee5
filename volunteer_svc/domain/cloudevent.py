"""The text of an event as every transport carries it: CloudEvents 1.0 in structured JSON."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

STREAM = "volunteer.events"
"""The one Redis stream."""


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A committed event that has no number yet. `data` is the JSON text of its payload."""

    event_id: UUID
    name: str
    subject: str
    subject_version: int
    station_id: UUID | None
    happened_at: datetime
    correlation_id: str | None
    causation_id: str | None
    traceparent: str | None
    data: str


class Numbered(msgspec.Struct, frozen=True, kw_only=True):
    """An event in the log. `body` is its final text."""

    sequence: int
    event_id: UUID
    name: str
    subject: str
    body: str


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The attributes in the order in which they are written; what is not known is left out."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: Annotated[
        str,
        Meta(pattern="^/volunteer-svc/.+$", description="the epoch: numbers hold within one"),
    ]
    type: Annotated[str, Meta(pattern=r"^volunteer-svc\.[a-z_.]+\.v[0-9]+$")]
    subject: Annotated[
        str, Meta(pattern="^[a-z_]+/.+$", description="events of one subject are in order")
    ]
    time: Annotated[
        str,
        Meta(
            description="when it happened; not an order",
            extra_json_schema={"format": "date-time"},
        ),
    ]
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Annotated[str, Meta(pattern=r"^urn:volunteer-svc:schema:[a-z_.]+\.v[0-9]+$")]
    stationid: Annotated[UUID, Meta(description="where it arose")] | UnsetType = UNSET
    sequence: Annotated[
        str, Meta(pattern="^[0-9]{20}$", description="dense within the source; sorts as text")
    ]
    partitionkey: Annotated[str, Meta(description="the subject")]
    subjectversion: Annotated[
        int, Meta(ge=1, le=2**31 - 1, description="dense from 1 within the subject")
    ]
    correlationid: str | UnsetType = UNSET
    causationid: str | UnsetType = UNSET
    traceparent: str | UnsetType = UNSET
    data: msgspec.Raw


def type_of(name: str) -> str:
    """The CloudEvents type of the event `name`, in its major version."""
    return f"volunteer-svc.{name}.v1"


def source_of(epoch: str) -> str:
    return f"/volunteer-svc/{epoch}"


def schema_id(name: str) -> str:
    """What identifies the JSON Schema of its data."""
    return f"urn:volunteer-svc:schema:{name}.v1"


def number(outgoing: Outgoing, sequence: int, epoch: str) -> Numbered:
    """The event with its place in the log, and its text with it."""
    event = CloudEvent(
        id=outgoing.event_id,
        source=source_of(epoch),
        type=type_of(outgoing.name),
        subject=outgoing.subject,
        # Written out, because msgspec drops the decimals of a whole second.
        time=outgoing.happened_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        dataschema=schema_id(outgoing.name),
        stationid=outgoing.station_id or UNSET,
        sequence=f"{sequence:020}",
        partitionkey=outgoing.subject,
        subjectversion=outgoing.subject_version,
        correlationid=outgoing.correlation_id or UNSET,
        causationid=outgoing.causation_id or UNSET,
        traceparent=outgoing.traceparent or UNSET,
        data=msgspec.Raw(outgoing.data),
    )
    return Numbered(
        sequence=sequence,
        event_id=outgoing.event_id,
        name=outgoing.name,
        subject=outgoing.subject,
        body=msgspec.json.encode(event).decode(),
    )


class _Sample(msgspec.Struct, frozen=True, kw_only=True):
    """Like an event, but in no log: it has no number."""

    specversion: str = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str = "application/json"
    data: dict[str, str]


def sample(event_id: UUID, name: str, subject: str, at: datetime, data: dict[str, str]) -> str:
    """The text of what is sent to try an endpoint; of a type of its own, so nobody believes it."""
    event = _Sample(
        id=event_id,
        source="/volunteer-svc/sample",
        type=type_of(name),
        subject=subject,
        time=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        data=data,
    )
    return msgspec.json.encode(event).decode()
