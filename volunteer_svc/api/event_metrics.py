"""Where the events stand: before their numbers, in the log, on each way out; and what is alarmed.

Of the whole service, not of this process: read from the database when somebody asks.
"""

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric

from volunteer_svc import clock, store
from volunteer_svc.domain.alarm import Readings

NAME = "events"


async def measure() -> Iterable[Metric]:
    """Raises database.LOST."""
    readings = await store.relay_marks.readings()
    return [*_depths(readings), *_ages(readings), _alarms(await store.alarms.open_kinds())]


def _depths(readings: Readings) -> Iterable[Metric]:
    yield GaugeMetricFamily(
        "events_outbox", "Committed events without a number", value=readings.outbox
    )
    yield GaugeMetricFamily("events_head", "The last number given", value=readings.head)
    behind = GaugeMetricFamily(
        "events_behind",
        "Numbers that are in the log and not yet on the way; less than 0: another timeline",
        labels=["way"],
    )
    for way in readings.ways:
        behind.add_metric([way.name], readings.head - way.sequence)
    yield behind


def _ages(readings: Readings) -> Iterable[Metric]:
    """Seconds, 0 where nothing waits."""
    now = clock.now()
    since = readings.outbox_since
    yield GaugeMetricFamily(
        "events_outbox_age_seconds",
        "How long the oldest waits for its number",
        value=max((now - since).total_seconds(), 0) if since else 0,
    )
    unsent = GaugeMetricFamily(
        "events_unsent_age_seconds", "How long the oldest waits for the way", labels=["way"]
    )
    seen = GaugeMetricFamily(
        "relay_seen_age_seconds", "How long ago a relay was at work", labels=["way"]
    )
    if readings.sequencer_seen_at:
        seen.add_metric(["sequencer"], (now - readings.sequencer_seen_at).total_seconds())
    if readings.webhooks_seen_at:
        seen.add_metric(["webhooks"], (now - readings.webhooks_seen_at).total_seconds())
    for way in readings.ways:
        age = (now - way.unsent_since).total_seconds() if way.unsent_since else 0
        unsent.add_metric([way.name], max(age, 0))
        seen.add_metric([way.name], (now - way.seen_at).total_seconds())
    yield from (unsent, seen)


def _alarms(kinds: Iterable[str]) -> Metric:
    standing = GaugeMetricFamily("alarms", "Alarms that stand", labels=["kind"])
    for kind in sorted(kinds):
        standing.add_metric([kind], 1)
    return standing
