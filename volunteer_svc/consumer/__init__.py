"""For other services: the events of the volunteer service, in order and without holes.

It imports nothing else of the package and needs only `redis` (the extra `consumer`).
"""

from volunteer_svc.consumer.stream import EpochChanged, Event, Gap, events

__all__ = ["EpochChanged", "Event", "Gap", "events"]
