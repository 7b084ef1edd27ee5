"""Webhooks that wait to be delivered, and endpoints by state."""

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric

from volunteer_svc import clock, store

NAME = "webhooks"


async def measure() -> Iterable[Metric]:
    """Raises database.LOST."""
    now = clock.now()
    waiting = await store.lanes.waiting(now)
    since = waiting.oldest_due_at
    states = GaugeMetricFamily("webhook_endpoints", "Endpoints", labels=["state"])
    for state, count in sorted((await store.endpoints.states()).items()):
        states.add_metric([state], count)
    return (
        GaugeMetricFamily("webhook_lanes_due", "Deliveries that are due", value=waiting.due),
        GaugeMetricFamily(
            "webhook_lane_age_seconds",
            "How long the oldest is due",
            value=max((now - since).total_seconds(), 0) if since else 0,
        ),
        states,
    )
