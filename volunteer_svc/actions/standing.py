"""Where the events stand, for whoever watches over the service: the figures of the metrics."""

from datetime import datetime

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.identity.permissions import require


class WayStanding(msgspec.Struct, frozen=True, kw_only=True):
    """A way out (`stream`, `jetstream`). `behind`: numbers it does not have yet, less than 0 where
    it holds another timeline; `unsent_seconds`: how long the oldest waits."""

    name: str
    behind: int
    unsent_seconds: int
    seen_seconds: int
    problem: str | None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds are 0 where nothing waits, None where no relay ever ran. `outbox`: committed events
    without a number; `lanes_due`: deliveries that are due; `alarms`: kinds that stand."""

    epoch: str
    head: int
    outbox: int
    outbox_seconds: int
    sequencer_seen_seconds: int | None
    ways: list[WayStanding]
    lanes_due: int
    lane_seconds: int
    endpoints: dict[str, int]
    alarms: list[str]


@reading
async def read_standing(call: Call) -> Standing:
    """Of the whole service. Raises `forbidden`."""
    require(call.actor, "subscription.read")
    readings = await store.relay_marks.readings()
    waiting = await store.lanes.waiting(call.now)

    def since(instant: datetime | None) -> int:
        return max(round((call.now - instant).total_seconds()), 0) if instant else 0

    seen = readings.sequencer_seen_at
    return Standing(
        epoch=(await store.event_log.head()).epoch,
        head=readings.head,
        outbox=readings.outbox,
        outbox_seconds=since(readings.outbox_since),
        sequencer_seen_seconds=None if seen is None else since(seen),
        ways=[
            WayStanding(
                name=way.name,
                behind=readings.head - way.sequence,
                unsent_seconds=since(way.unsent_since),
                seen_seconds=since(way.seen_at),
                problem=way.problem,
            )
            for way in readings.ways
        ],
        lanes_due=waiting.due,
        lane_seconds=since(waiting.oldest_due_at),
        endpoints=await store.endpoints.states(),
        alarms=sorted(await store.alarms.open_kinds()),
    )
