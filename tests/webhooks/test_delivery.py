"""Deliveries to receivers of every kind: what a success is, what is tried again, in what order."""

import pytest

from tests.events.world import eventually, update, volunteers
from tests.webhooks.receivers import receiving
from tests.webhooks.world import (
    Ticking,
    attempts,
    deliver_all,
    delivering,
    dispatcher,
    endpoint,
    happen,
    lanes,
    open_config,
    state_of,
)


async def test_what_happens_is_delivered_in_the_order_of_each_subject(database, sequencer):
    subjects = await volunteers(10)
    async with receiving() as receiver, delivering(open_config(database, receiver.port)):
        await endpoint(receiver.url)
        events = await happen(sequencer, subjects, 5)

        async def all_came():
            return len(receiver.got) == len(events)

        await eventually(all_came)
        receiver.assert_complete(events)
        bodies = {one.body.decode() for one in receiver.got}
        assert {one["id"] for one in events} == {one.id for one in receiver.got}
        assert len(bodies) == 50

        async def nothing_waits():
            return not await lanes()

        await eventually(nothing_waits)
