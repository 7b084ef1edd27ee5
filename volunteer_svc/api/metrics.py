"""What Prometheus may know: requests by route template and status, the database's pool, and what
the sources find in the database when it asks."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from volunteer_svc.api import event_metrics, form_metrics, lane_metrics
from volunteer_svc.store import database

SOURCES: dict[str, Callable[[], Awaitable[Iterable[Metric]]]] = {
    event_metrics.NAME: event_metrics.measure,
    form_metrics.NAME: form_metrics.measure,
    lane_metrics.NAME: lane_metrics.measure,
}
"""What is measured elsewhere, to be added to. `metrics_source_up` says which one has failed."""
_SOURCE_SECONDS = 2.0

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNMATCHED = "unmatched"
"""The route of whatever fits none: a raw path would make a series per typing error."""


class Metrics:
    """One registry per application, so that several can live in one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "http_requests", "Requests answered", ("method", "route", "status"),
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "http_request_duration_seconds", "Time to answer", ("method", "route"),
            registry=self._registry,
        )  # fmt: skip
        in_use = Gauge(
            "database_pool_in_use", "Connections that serve a command", registry=self._registry
        )
        in_use.set_function(_connections_in_use)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        known = method if method in _METHODS else "OTHER"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    async def text(self) -> bytes:
        """The exposition format."""
        measured = CollectorRegistry()
        measured.register(_Found(await _measured()))
        return generate_latest(self._registry) + generate_latest(measured)


class _Found:
    """Metrics as the client library collects them."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


async def _measured() -> list[Metric]:
    found: list[Metric] = []
    up = GaugeMetricFamily("metrics_source_up", "Whether it could be measured", labels=["source"])
    for name, measure in SOURCES.items():
        try:
            async with asyncio.timeout(_SOURCE_SECONDS):
                found += await measure()
        except database.LOST:
            up.add_metric([name], 0)
        else:
            up.add_metric([name], 1)
    return [*found, up]


def _connections_in_use() -> int:
    pool = database.ENGINE.pool
    return pool.get_size() - pool.get_idle_size() if pool else 0
