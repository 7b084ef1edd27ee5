"""Retention of the event log: what is older than the service promises to keep is dropped."""

from datetime import timedelta

from volunteer_svc import store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.store.event_log import Head

BATCH = 2_000
"""A transaction of some 20 ms: nobody waits for it, and a killed one is soon done again."""


@command
async def forget_events(call: Call, days: int) -> Head | None:
    """Drop a batch of the oldest events that are over; where the log begins now, or None when
    there was nothing to drop."""
    head = await store.event_log.forget(call.now - timedelta(days=days), BATCH)
    if head is not None:
        call.notes.changed(None, floor=head.floor_seq)
    return head
