"""Events of the running command, written in its own transaction: they exist if it commits."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc import ids
from volunteer_svc.domain.events import Event
from volunteer_svc.store import database


class Trace(msgspec.Struct, frozen=True):
    """What ties the events of one request together."""

    correlation_id: str | None = None
    traceparent: str | None = None


class Raised(msgspec.Struct, frozen=True, kw_only=True):
    """An event and its place in the life of its subject: `version` is dense from 1."""

    event: Event
    version: int
    station_id: UUID | None
    happened_at: datetime
    id: UUID = msgspec.field(default_factory=ids.uuid7)
    causation_id: UUID | None = None
    trace: Trace = Trace()


# ORDER BY gives the rows their identities in the order of the list.
_APPEND = """
INSERT INTO outbox (event_id, name, subject, subject_version, station_id, happened_at,
    causation_id, data, correlation_id, traceparent)
SELECT event_id, name, subject, subject_version, station_id, happened_at, causation_id, data,
    correlation_id, traceparent
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::uuid[], $6::timestamptz[],
    $7::text[], $8::text[], $9::text[], $10::text[]) WITH ORDINALITY AS raised (event_id, name,
    subject, subject_version, station_id, happened_at, causation_id, data, correlation_id,
    traceparent, place)
ORDER BY place
"""


async def append(raised: Sequence[Raised]) -> None:
    """Add the events in the order given, inside the caller's transaction.

    The caller has locked the subjects' rows first: only then do the events of one subject get
    their identities in the order in which their transactions commit.
    """
    if database.ENGINE.current_transaction.get() is None:
        raise RuntimeError("events belong to a transaction: call within in_transaction()")
    if not raised:
        return
    await database.execute(
        _APPEND,
        [one.id for one in raised],
        [one.event.NAME for one in raised],
        [one.event.subject for one in raised],
        [one.version for one in raised],
        [one.station_id for one in raised],
        [one.happened_at for one in raised],
        [one.causation_id and str(one.causation_id) for one in raised],
        [msgspec.json.encode(one.event).decode() for one in raised],
        [one.trace.correlation_id for one in raised],
        [one.trace.traceparent for one in raised],
    )
