"""What Prometheus may know: requests by route template and status, the database's pool."""

from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from volunteer_svc.store import database

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
        self._forms = (
            Gauge("forms_waiting", "Open registrations not taken up", registry=self._registry),
            Gauge("forms_stuck", "Of these, tried in vain often", registry=self._registry),
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        known = method if method in _METHODS else "OTHER"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def show_forms(self, counts: tuple[int, int] | None) -> None:
        """Waiting and stuck; None: not known, the database is away."""
        for gauge, count in zip(self._forms, counts or (nan, nan), strict=True):
            gauge.set(count)

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self._registry)


def _connections_in_use() -> int:
    pool = database.ENGINE.pool
    return pool.get_size() - pool.get_idle_size() if pool else 0
