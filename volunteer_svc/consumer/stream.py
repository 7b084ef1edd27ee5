"""Reads the Redis stream of events from a position of the reader's own.

Delivery is at least once. For an effect that happens exactly once store `source` and `sequence` of
each event in your own database, in the transaction of the effect, and start from there:

    async with aclosing(events(url, after=sequence, source=source)) as stream:
        async for event in stream:
            with database.transaction():
                ...  # the effect; ignore types you do not know
                store_position(event.source, event.sequence)

Consumer groups are not used: their position would live in Redis, apart from the effect.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

STREAM = "volunteer.events"
_READ_EVENTS_MAX = 500
_BLOCK_SECONDS = 5
_CONNECT_SECONDS = 5
_REPLY_SECONDS = 10  # more than a read may block
_RETRY_SECONDS_MIN = 0.1
_RETRY_SECONDS_MAX = 5.0

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    """One CloudEvent. `raw` is its text as published; `time` is when it happened, not an order."""

    sequence: int
    source: str
    id: str
    type: str
    subject: str
    subject_version: int
    time: datetime
    station_id: str | None
    data: dict[str, Any]
    raw: bytes


class Gap(Exception):  # noqa: N818 - it says what is the case
    """Events `expected` to `found - 1` are not in the stream any more: fetch them elsewhere.

    The stream keeps about the last million events, the service's log keeps them for months.
    """

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"expected event {expected}, found {found}")
        self.expected = expected
        self.found = found


class EpochChanged(Exception):  # noqa: N818 - it says what is the case
    """The service's log was replaced, after a restore: what you hold may never have happened.

    Start anew from a snapshot of the service's state, then read on `after=sequence - 1` with
    `source=found`; drop events whose `subject_version` is not above that of the snapshot.
    """

    def __init__(self, expected: str, found: str, sequence: int) -> None:
        super().__init__(f"expected events of {expected}, found {found} from event {sequence} on")
        self.expected = expected
        self.found = found
        self.sequence = sequence


async def events(
    redis_url: str, *, after: int = 0, source: str | None = None
) -> AsyncGenerator[Event, None]:
    """All events behind number `after`, for ever, through outages of Redis.

    Raises Gap at a hole and EpochChanged when an event is not from `source` (None: whatever the
    first event says); neither event is yielded.
    """
    # Not socket_timeout: with it redis-py 5 loses every third cancellation on Python 3.11.
    async with Redis.from_url(redis_url, socket_connect_timeout=_CONNECT_SECONDS) as client:
        while True:
            for text in await _read(client, after):
                event = parse(text)
                if source not in (None, event.source):
                    raise EpochChanged(str(source), event.source, event.sequence)
                if event.sequence != after + 1:
                    raise Gap(after + 1, event.sequence)
                source, after = event.source, event.sequence
                yield event


def parse(raw: bytes) -> Event:
    """An event from its text. Attributes this version does not know are ignored."""
    body = json.loads(raw)
    return Event(
        sequence=int(body["sequence"]),
        source=body["source"],
        id=body["id"],
        type=body["type"],
        subject=body["subject"],
        subject_version=body["subjectversion"],
        time=datetime.fromisoformat(body["time"]),
        station_id=body.get("stationid"),
        data=body["data"],
        raw=raw,
    )


async def _read(client: Redis, after: int) -> Sequence[bytes]:
    """The next texts in the stream; none when nothing comes for a while."""
    pause = _RETRY_SECONDS_MIN
    while True:
        try:
            async with asyncio.timeout(_REPLY_SECONDS):
                streams = await client.xread(
                    {STREAM: f"{after}-0"}, count=_READ_EVENTS_MAX, block=_BLOCK_SECONDS * 1000
                )
        except (RedisConnectionError, RedisTimeoutError, TimeoutError) as error:
            _logger.warning("stream_unreachable", extra={"error": repr(error)})
            await asyncio.sleep(pause)
            pause = min(2 * pause, _RETRY_SECONDS_MAX)
        else:
            return [fields[b"data"] for _, entries in streams for _, fields in entries]
