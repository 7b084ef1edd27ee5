"""Events of the running command, written in its own transaction: they exist if it commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc import ids
from volunteer_svc.domain.events import Event
from volunteer_svc.store import bulk


class Trace(msgspec.Struct, frozen=True, gc=False):
    """What ties the events of one request together."""

    correlation_id: str | None = None
    traceparent: str | None = None


class Raised(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event and its place in the life of its subject: `version` is dense from 1."""

    event: Event
    version: int
    station_id: UUID | None
    happened_at: datetime
    id: UUID = msgspec.field(default_factory=ids.uuid7)
    causation_id: UUID | None = None
    trace: Trace = Trace()


_COLUMNS = (
    "event_id", "name", "subject", "subject_version", "station_id", "happened_at", "causation_id",
    "data", "correlation_id", "traceparent",
)  # fmt: skip


async def append(raised: Sequence[Raised]) -> None:
    """Add the events in the order given, inside the caller's transaction.

    The caller has locked the subjects' rows first: only then do the events of one subject get
    their identities in the order in which their transactions commit.
    """
    await bulk.insert(
        "outbox",
        _COLUMNS,
        [
            (one.id, one.event.NAME, one.event.subject, one.version, one.station_id,
             one.happened_at, one.causation_id and str(one.causation_id),
             msgspec.json.encode(one.event).decode(), one.trace.correlation_id,
             one.trace.traceparent)
            for one in raised
        ],
    )  # fmt: skip
