"""What was told of a subject: its events in the log, and what became of each at the endpoints."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.store.database import fetch


class SubjectEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event in the log, without its content; `name` is without version."""

    sequence: int
    event_id: UUID
    name: str
    station_id: UUID | None
    happened_at: datetime


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """An event at an endpoint: how often it was tried, and when it was taken for the first time."""

    event_id: UUID
    endpoint_id: UUID
    client_id: UUID | None
    description: str
    url: str
    attempts: int
    last_at: datetime
    taken_at: datetime | None


async def events_of(subject: str, *, before: int | None, limit: int) -> list[SubjectEvent]:
    """Those that the log still holds, the newest first."""
    rows = await fetch(
        "SELECT seq AS sequence, event_id, name, station_id, happened_at FROM event_log"
        " WHERE subject = $1 AND ($2::bigint IS NULL OR seq < $2)"
        " ORDER BY seq DESC LIMIT $3",
        subject, before, limit,
    )  # fmt: skip
    return [SubjectEvent(**row) for row in rows]


async def tellings(event_ids: Collection[UUID]) -> list[Telling]:
    """At which endpoints these events were tried, as far as attempts are kept; the first first."""
    rows = await fetch(
        "SELECT a.event_id, a.endpoint_id, e.client_id, e.description, e.url,"
        " count(*) AS attempts, max(a.at) AS last_at,"
        " min(a.at) FILTER (WHERE a.verdict = 'delivered') AS taken_at"
        " FROM delivery_attempt a JOIN endpoint e ON e.id = a.endpoint_id"
        " WHERE a.event_id = ANY($1) GROUP BY a.event_id, a.endpoint_id, e.id ORDER BY min(a.at)",
        list(event_ids),
    )
    return [Telling(**row) for row in rows]
