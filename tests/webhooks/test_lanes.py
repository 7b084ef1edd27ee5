"""Lanes: claimed once, given up by who was overtaken, laid exactly, ended when nothing follows."""

import asyncio
from datetime import timedelta

import msgspec

from tests.events.world import eventually, update, volunteers
from tests.webhooks.receivers import receiving
from tests.webhooks.world import (
    Ticking,
    deliver_all,
    dispatcher,
    endpoint,
    happen,
    lanes,
    open_config,
)
from volunteer_svc import clock
from volunteer_svc.actions import deliveries
from volunteer_svc.actions.deliveries import Finished
from volunteer_svc.domain.webhook import Answer
from volunteer_svc.store import event_log
from volunteer_svc.store.database import execute, fetch
from volunteer_svc.store.transaction import in_transaction

TAKEN = Answer(milliseconds=1, status=204)


async def claimed(now):
    return await deliveries.claim(now(), {}, room_else=100, limit=1000)


async def taken(delivery, now):
    await deliveries.finish([Finished(delivery=delivery, answer=TAKEN, at=now())], now())


async def test_many_who_claim_at_once_have_each_lane_once(database, sequencer):
    now = Ticking()
    await endpoint("http://127.0.0.1:1/", now=now())
    await happen(sequencer, await volunteers(60))
    while await deliveries.fan_out(now()):
        pass
    shares = await asyncio.gather(
        *(deliveries.claim(now(), {}, room_else=10, limit=10) for _ in range(8))
    )
    names = [one.claimed.name for share in shares for one in share]
    assert len(names) == len(set(names)) == 60


async def test_nobody_is_always_last_when_more_waits_than_a_process_can_take(database, sequencer):
    now = Ticking()
    made = {(await endpoint("http://127.0.0.1:1/", now=now())).endpoint.id for _ in range(3)}
    await happen(sequencer, await volunteers(8))
    while await deliveries.fan_out(now()):
        pass
    served = set()
    for _ in range(40):
        share = await deliveries.claim(now(), {}, room_else=4, limit=4)
        served |= {one.claimed.endpoint_id for one in share}
        await deliveries.release(share, now())
    assert served == made


async def test_who_was_overtaken_changes_nothing(database, sequencer):
    now = Ticking()
    await endpoint("http://127.0.0.1:1/", now=now())
    first, second = await happen(sequencer, await volunteers(1), 2)
    await deliveries.fan_out(now())
    (slow,) = await claimed(now)
    assert await claimed(now) == []
    now.at += deliveries.LEASE
    (other,) = await claimed(now)
    assert (other.body, str(other.claimed.event_id)) == (slow.body, first["id"])
    await taken(other, now)
    await taken(slow, now)
    (follows,) = await claimed(now)
    assert str(follows.claimed.event_id) == second["id"], "not passed over"
    # The same ending written twice, as after a lost answer of the database.
    await taken(follows, now)
    await taken(follows, now)
    assert await lanes() == []


async def test_what_cannot_be_written_keeps_nothing_else_from_being_written(database, sequencer):
    now = Ticking()
    await endpoint("http://127.0.0.1:1/", now=now())
    await happen(sequencer, await volunteers(3))
    await deliveries.fan_out(now())
    bad, *good = await claimed(now)
    async with dispatcher(open_config(database, 1), now) as one:
        one._finished += [
            Finished(delivery=bad, answer=Answer(milliseconds=-1, status=204), at=now()),
            *(Finished(delivery=each, answer=TAKEN, at=now()) for each in good),
        ]
        one._written.set()
        writing = asyncio.create_task(one._write_for_ever())

        async def left():
            return [lane["name"] for lane in await lanes()] == [bad.claimed.name]

        await eventually(left)
        writing.cancel()
        assert one._finished == []


async def test_what_is_numbered_while_a_head_ends_is_not_lost(database, sequencer):
    """Writers, the sequencer, the laying of lanes and their ends, all at once."""
    now = Ticking()
    subjects = await volunteers(5)
    await endpoint("http://127.0.0.1:1/", now=now())
    seen: dict[str, list[int]] = {}
    done = False

    async def write():
        nonlocal done
        for _ in range(40):
            await update(subjects)
            await event_log.move(sequencer, 3)
        while await event_log.move(sequencer, 1000):
            pass
        done = True

    async def deliver():
        while True:
            was_done = done
            moved = await deliveries.fan_out(now())
            share = await deliveries.claim(now(), {}, room_else=2, limit=2)
            for one in share:
                event = msgspec.json.decode(one.body)
                seen.setdefault(event["subject"], []).append(event["subjectversion"])
                await taken(one, now)
            if was_done and not moved and not share and not await lanes():
                return

    async with asyncio.timeout(30):
        await asyncio.gather(write(), *(deliver() for _ in range(4)))
    assert seen == {f"volunteer/{one}": list(range(1, 41)) for one in subjects}


async def test_a_new_epoch_sends_nobody_what_was_before_it(database, sequencer):
    now = Ticking()
    subjects = await volunteers(2)
    async with receiving() as receiver:
        await endpoint(receiver.url, now=now())
        await happen(sequencer, subjects)
        while await deliveries.fan_out(now()):
            pass
        await happen(sequencer, subjects)
        await in_transaction(lambda: event_log.rotate("another", 1000))
        await happen(sequencer, subjects)
        async with dispatcher(open_config(database, receiver.port), now) as one:
            await deliver_all(one)
        assert {got.event["source"] for got in receiver.got} == {"/volunteer-svc/another"}
        assert sorted(int(got.event["sequence"]) for got in receiver.got) == [1001, 1002]
        assert await lanes() == []


async def test_what_the_log_no_longer_holds_is_passed_over(database, sequencer):
    now = Ticking()
    async with receiving() as receiver:
        await endpoint(receiver.url, now=now())
        events = await happen(sequencer, await volunteers(1), 3)
        await deliveries.fan_out(now())
        await execute("DELETE FROM event_log WHERE seq = 1")
        async with dispatcher(open_config(database, receiver.port), now) as one:
            await deliver_all(one)
    assert receiver.ids() == [one["id"] for one in events[1:]]


async def test_filters_hold_for_what_follows_in_a_lane_too(database, sequencer):
    now = Ticking()
    (subject,) = await volunteers(1)
    await endpoint("http://127.0.0.1:1/", now=now(), types=["volunteer-svc.volunteer.exited.v1"])
    await happen(sequencer, [subject], 3)
    # Two of the type asked for, with others between.
    await execute("ALTER TABLE event_log DISABLE TRIGGER USER")
    await execute("UPDATE event_log SET name = 'volunteer.exited' WHERE seq IN (1, 3)")
    await execute("ALTER TABLE event_log ENABLE TRIGGER USER")
    while await deliveries.fan_out(now()):
        pass
    came = []
    while share := await claimed(now):
        for one in share:
            came.append(one.claimed.sequence)
            await taken(one, now)
    assert came == [1, 3]
    assert not await fetch("SELECT FROM lane")


async def test_metrics_say_what_is_due_since_when_and_endpoints_by_state(
    client, database, sequencer
):
    for url in ("http://127.0.0.1:1/", "http://127.0.0.1:2/"):
        await endpoint(url)
    await execute("UPDATE endpoint SET state = 'paused' WHERE url LIKE '%:2/'")
    await happen(sequencer, await volunteers(3))
    await deliveries.fan_out(clock.now() - timedelta(seconds=90))
    lines = (await client.get("/metrics")).text.splitlines()
    told = dict(line.rsplit(" ", 1) for line in lines if line.startswith("webhook_"))
    assert float(told.pop("webhook_lane_age_seconds")) >= 90
    assert told == {
        "webhook_lanes_due": "3.0",  # what waits for who is paused is not due
        'webhook_endpoints{state="active"}': "1.0",
        'webhook_endpoints{state="paused"}': "1.0",
    }
