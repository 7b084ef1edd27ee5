"""For other services: the events of the volunteer service, in order and without holes.

It imports nothing else of the package and needs only `redis` (the extra `consumer`).
"""

from volunteer_svc.consumer.event import EpochChanged, Event, Expired, Gap, StartAnew
from volunteer_svc.consumer.feed import Feed, FeedPage, FeedRefused, FeedUnreachable, SnapshotPage
from volunteer_svc.consumer.following import Batch, batches
from volunteer_svc.consumer.position import Position
from volunteer_svc.consumer.stream import events

__all__ = [
    "Batch",
    "EpochChanged",
    "Event",
    "Expired",
    "Feed",
    "FeedPage",
    "FeedRefused",
    "FeedUnreachable",
    "Gap",
    "Position",
    "SnapshotPage",
    "StartAnew",
    "batches",
    "events",
]
