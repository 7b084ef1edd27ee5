"""Training topics that a service requires (R4)."""

from collections.abc import Iterable

from volunteer_svc.domain.errors import Fault


def missing_topics(required: Iterable[str], held: Iterable[str]) -> list[str]:
    """R4: what somebody lacks of the topics that an activity requires, in their order.

    `held`: the codes of the topics valid on the day of the service.
    """
    known = set(held)
    return [topic for topic in required if topic not in known]


def topics_fault(required: Iterable[str], held: Iterable[str], field: str) -> Fault | None:
    """Why somebody is neither signed up nor recorded for an activity, if topics are lacking."""
    lacking = missing_topics(required, held)
    return Fault("topics_missing", field, {"topics": ", ".join(lacking)}) if lacking else None
