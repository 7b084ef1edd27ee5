"""Reading the event log by place and filter, and hearing of its growth."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from volunteer_svc.config import Config
from volunteer_svc.domain.cursor import SEQUENCE_MAX
from volunteer_svc.domain.event_filter import EventFilter
from volunteer_svc.store import database
from volunteer_svc.store.event_log import BELL, COLUMNS, Head

LOOKED_AT_MAX = 5_000
"""Events that one reading through a filter looks at, some 40 ms."""
_CLOSE_SECONDS = 1

_WANTED = """
    AND NOT name = ANY($3::text[])
    AND (cardinality($4::text[]) = 0 OR name = ANY($4::text[]))
    AND (cardinality($5::uuid[]) = 0 OR station_id = ANY($5::uuid[]))
"""
_EVENT = "seq, name, subject, station_id, body"
# One statement each, and so one snapshot: an event that retention drops meanwhile is either there
# or below the floor that comes with it. Nor is there one above its head.
_BY_NUMBER = f"""
WITH head AS (SELECT {COLUMNS} FROM event_head)
SELECT head.*, event.* FROM head LEFT JOIN LATERAL (
    SELECT {_EVENT} FROM event_log
    WHERE seq > $1 AND seq <= $6 {_WANTED}
    ORDER BY seq LIMIT $2
) AS event ON true ORDER BY seq
"""
# By the index of subjects, whatever the planner would think: a subject has few events.
_BY_SUBJECT = f"""
WITH head AS (SELECT {COLUMNS} FROM event_head), found AS MATERIALIZED (
    SELECT {_EVENT} FROM event_log WHERE subject = ANY($6::text[]) AND seq > $1 {_WANTED}
)
SELECT head.*, event.* FROM head LEFT JOIN LATERAL (
    SELECT {_EVENT} FROM found ORDER BY seq LIMIT $2
) AS event ON true ORDER BY seq
"""


class LoggedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event in the log. `body` is its text, byte for byte as on every transport."""

    sequence: int
    name: str
    subject: str
    station_id: UUID | None
    body: str


class Stretch(msgspec.Struct, frozen=True):
    """The events found, and the number up to which everything was looked at."""

    head: Head
    events: list[LoggedEvent]
    looked_until: int


async def read(after: int, limit: int, wanted: EventFilter) -> Stretch:
    """At most `limit` events behind number `after` that pass the filter, in order."""
    # Without a filter no further than the page: PostgreSQL would sort all that it might look at.
    until = min(after + (LOOKED_AT_MAX if wanted.narrows else limit), SEQUENCE_MAX)
    rows = await database.fetch(
        _BY_SUBJECT if wanted.subjects else _BY_NUMBER,
        after,
        limit,
        list(wanted.hidden),
        list(wanted.names),
        list(wanted.stations),
        sorted(wanted.subjects) or until,
    )
    width = len(Head.__struct_fields__)
    head = Head(*rows[0][:width])
    events = [LoggedEvent(*row[width:]) for row in rows if row["seq"] is not None]
    if len(events) == limit:
        return Stretch(head, events, events[-1].sequence)
    return Stretch(head, events, head.last_seq if wanted.subjects else min(head.last_seq, until))


class Bell:
    """Rings when the log's head has moved, or when the line to PostgreSQL is cut."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._rung = asyncio.Event()

    def ring(self, *_: Any) -> None:
        self._rung.set()

    async def heard(self, seconds: float) -> None:
        """Return when it rings, or after these seconds: a bell may be missed. Raises OSError."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            pass
        self._rung.clear()
        if self._connection.is_closed():
            raise ConnectionResetError("the bell's connection was lost")


@asynccontextmanager
async def bell(config: Config) -> AsyncIterator[Bell]:
    """A connection of its own that listens. Raises what `database.LOST` names."""
    connection = await asyncpg.connect(
        config.database_url,
        timeout=config.pool_wait_seconds,
        command_timeout=config.statement_timeout_seconds,
        server_settings={"application_name": "volunteer_svc bell"},
    )
    made = Bell(connection)
    try:
        connection.add_termination_listener(made.ring)
        await connection.add_listener(BELL, made.ring)
        yield made
    finally:
        connection.remove_termination_listener(made.ring)
        try:
            await connection.close(timeout=_CLOSE_SECONDS)
        except database.LOST:
            connection.terminate()
