"""When the events need an operator: readings of where they stand, and their limits."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

UNSENT_SECONDS = 60
"""How long an event may wait for its number or for a way."""
UNSEEN_SECONDS = 30
"""How long nobody may lead, or deliver."""


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """Where the relay stands on a way (`stream` …), as of its last look at `seen_at`.

    `unsent_since`: since when the log holds an event that this way does not.
    """

    name: str
    sequence: int
    problem: str | None
    seen_at: datetime
    unsent_since: datetime | None


class Readings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the events stand. `sequencer_seen_at` is None where no relay ever numbered,
    `webhooks_seen_at` where none ever looked for deliveries."""

    head: int
    outbox: int
    outbox_since: datetime | None
    sequencer_seen_at: datetime | None
    webhooks_seen_at: datetime | None
    ways: tuple[Way, ...]


class Alarm(msgspec.Struct, frozen=True):
    """`kind` says what is wrong; `reading` passed `limit`: seconds, or numbers of events."""

    kind: str
    reading: int
    limit: int


def alarms(readings: Readings, now: datetime, watched_since: datetime) -> Iterator[Alarm]:
    """What is wrong. Nothing counts as late for longer than somebody has been watching: what
    stood still while all was switched off is no incident."""

    def seconds(since: datetime | None) -> int:
        return (now - max(since, watched_since)) // timedelta(seconds=1) if since else 0

    def late(kind: str, since: datetime | None, limit: int) -> Iterator[Alarm]:
        if (reading := seconds(since)) > limit:
            yield Alarm(kind, reading, limit)

    yield from late("outbox_late", readings.outbox_since, UNSENT_SECONDS)
    yield from late("sequencer_stopped", readings.sequencer_seen_at, UNSEEN_SECONDS)
    yield from late("webhooks_stopped", readings.webhooks_seen_at, UNSEEN_SECONDS)
    for way in readings.ways:
        if way.problem is not None:
            yield Alarm(f"{way.name}_{way.problem}", way.sequence, readings.head)
        else:
            yield from late(f"{way.name}_late", way.unsent_since, UNSENT_SECONDS)
