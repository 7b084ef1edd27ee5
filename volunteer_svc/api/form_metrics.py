"""Open registrations that wait to be taken up, and those that were tried in vain often."""

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric

from volunteer_svc import store
from volunteer_svc.actions.intake import STUCK_TRIES

NAME = "forms"


async def measure() -> Iterable[Metric]:
    """Raises database.LOST."""
    waiting, stuck = await store.intake.counts(STUCK_TRIES)
    return (
        GaugeMetricFamily("forms_waiting", "Open registrations not taken up", value=waiting),
        GaugeMetricFamily("forms_stuck", "Of these, tried in vain often", value=stuck),
    )
