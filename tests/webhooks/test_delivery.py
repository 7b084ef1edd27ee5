"""Deliveries to receivers of every kind: what a success is, what is tried again, in what order."""

import contextlib
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.events.world import eventually, volunteers
from tests.webhooks.certificates import authority
from tests.webhooks.receivers import at_first, receiving
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
from volunteer_svc import clock
from volunteer_svc.actions import deliveries
from volunteer_svc.config import environment
from volunteer_svc.outbound import webhooks
from volunteer_svc.store.database import fetch

ROOT = Path(__file__).parents[2]


async def test_what_happens_is_delivered_in_the_order_of_each_subject(database, sequencer):
    subjects = await volunteers(10)
    async with receiving() as receiver, delivering(open_config(database, receiver.port)):
        await endpoint(receiver.url)
        events = await happen(sequencer, subjects, 5)

        async def all_came():
            return len(receiver.got) == len(events) and not await lanes()

        await eventually(all_came)
    receiver.assert_complete(events)
    assert len(receiver.got) == 50
    got = receiver.got[0]
    assert got.path == "/hook?from=here"
    assert got.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    (stored,) = await fetch("SELECT body FROM event_log WHERE event_id = $1", got.id)
    assert got.body.decode() == stored["body"], "the very text of the log"
    rows = await attempts()
    assert Counter(row["verdict"] for row in rows) == {"delivered": 50}


@pytest.mark.parametrize(
    ("how", "status", "fault"),
    [
        ("ok", 204, None), ("500", 500, None), ("410", 410, None), ("429", 429, None),
        ("redirect", 307, None), ("reset", None, "connection_lost"), ("hang", None, "timeout"),
        ("drip", None, "timeout"), ("garbage", None, "answer_malformed"), ("rubbish", 200, None),
        ("endless", 200, None),
    ],
)  # fmt: skip
async def test_each_way_to_answer_is_told_apart_and_bounded(
    database, sequencer, monkeypatch, how, status, fault
):
    monkeypatch.setattr(webhooks, "TOTAL_SECONDS", 0.3)
    (subject,) = await volunteers(1)
    async with receiving(lambda _: how) as receiver:
        await endpoint(receiver.url, now=NOW)
        await happen(sequencer, [subject])
        async with dispatcher(open_config(database, receiver.port), Ticking()) as one:
            await one.turn()
            await one.turn()
            await one.idle()
    (row,) = await attempts()
    assert (row["status"], row["fault"]) == (status, fault)
    assert row["milliseconds"] < 2000
    assert len(row["answer"]) <= 512
    assert row["verdict"] == {204: "delivered", 200: "delivered", 410: "gone",
                              429: "told_to_wait"}.get(status, "failed")  # fmt: skip


async def test_where_nobody_listens_is_a_failed_attempt(database, sequencer):
    (subject,) = await volunteers(1)
    async with receiving() as receiver:
        await endpoint(receiver.url, now=NOW)
        await happen(sequencer, [subject])
    async with dispatcher(open_config(database, receiver.port), Ticking()) as one:
        await deliver_all(one)
    (row,) = await attempts()
    assert (row["status"], row["fault"]) == (None, "connect_failed")


async def test_gone_disables_at_once_and_others_are_told(database, sequencer):
    subjects = await volunteers(10)
    async with receiving(lambda _: "410") as gone, receiving() as other:
        made = await endpoint(gone.url, now=NOW)
        await endpoint(other.url, now=NOW, types=["volunteer-svc.endpoint.disabled.v1"])
        await happen(sequencer, subjects)
        async with dispatcher(open_config(database, gone.port, other.port), Ticking()) as one:
            await deliver_all(one)
            await happen(sequencer, subjects)
            await deliver_all(one)
    assert len(gone.got) < 10
    assert await state_of(made.endpoint.id) == "disabled"
    (told,) = other.got
    assert told.event["data"]["reason"] == "gone"
    assert told.event["data"]["undelivered_from"] == f"{1:020}"


async def test_the_head_of_an_answer_is_kept_without_secrets_and_what_cannot_be_stored():
    for content, shown in (
        (b"all fine", "all fine"),
        ("好".encode() * 600, "好" * 512),
        (b"\x00\xff\x1b[31m", "���[31m"),
        (b"got whsec_AAAABBBBCCCC= from you", "got *** from you"),
        (b"v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4= is wrong", "*** is wrong"),
        (b"Authorization: Bearer abc.def-ghi", "Authorization: ***"),
        (b'{"password": "hunter2", "x": 1}', '{"***", "x": 1}'),
        (b"key vsk_0123456789 leaked; token=abc&b=1", "key *** leaked; ***&b=1"),
    ):
        assert deliveries.shown_head(content) == shown


async def test_one_dead_and_one_slow_endpoint_hold_nobody_up(database, sequencer):
    """Of 20: the others have everything while the slow one has not answered once."""
    subjects = await volunteers(20)
    async with ExitStackOfReceivers() as receivers:
        slow = await receivers.add(lambda _: "hang")
        fast = [await receivers.add() for _ in range(18)]
        dead = await receivers.add()
        await receivers.close(dead)
        ports = [one.port for one in (slow, dead, *fast)]
        for one in (slow, dead, *fast):
            await endpoint(one.url)
        async with delivering(open_config(database, *ports)):
            events = await happen(sequencer, subjects, 2)

            async def all_came():
                return all(len(one.got) == len(events) for one in fast)

            await eventually(all_came, 20)
            assert slow.taken == []
            assert len(slow.got) <= 4, "few at once to who does not answer"
    for one in fast:
        one.assert_complete(events)


class ExitStackOfReceivers:
    """Receivers that end together, or one by one."""

    def __init__(self):
        self._open = []

    async def __aenter__(self):
        return self

    async def add(self, *args, **options):
        context = receiving(*args, **options)
        receiver = await context.__aenter__()
        self._open.append((receiver, context))
        return receiver

    async def close(self, receiver):
        for pair in [pair for pair in self._open if pair[0] is receiver]:
            self._open.remove(pair)
            await pair[1].__aexit__(None, None, None)

    async def __aexit__(self, *_):
        for receiver, _context in list(self._open):
            await self.close(receiver)


KINDS = ("500", "hang", "reset", "drip", "redirect", "429", "rubbish", "garbage")


class Relays:
    """Real processes. Each pair begins three hours later: leases are over, retries due."""

    def __init__(self, config):
        self._config = config
        self._starts_at = clock.now()
        self._running = []

    def __enter__(self):
        return self

    def start(self):
        self._starts_at += timedelta(hours=3)
        env = environment(self._config) | {"VOLUNTEER_CLOCK_START": self._starts_at.isoformat()}
        command = [sys.executable, "-m", "volunteer_svc", "relay"]
        self._running += [subprocess.Popen(command, cwd=ROOT, env=env) for _ in range(2)]  # noqa: S603 - ours

    def kill(self):
        for one in self._running:
            one.kill()
            one.wait()
        self._running.clear()

    def __exit__(self, *_):
        self.kill()


async def test_whatever_receivers_do_while_relays_are_killed_nothing_is_missing(
    database, sequencer, redis_url, tmp_path
):
    ca = authority(tmp_path)
    subjects = await volunteers(12)
    async with ExitStackOfReceivers() as receivers:
        kinds = [await receivers.add(at_first(kind)) for kind in KINDS]
        # A bad certificate, until somebody puts the right one in.
        wrong = await receivers.add(tls=ca.server("wrong.example.org"))
        for one in (*kinds, wrong):
            await endpoint(one.url)
        ports = [one.port for one in (*kinds, wrong)]
        config = open_config(database, *ports, redis_url=redis_url, webhook_ca_file=str(ca.file))
        with Relays(config) as relays:
            for goal in (60, 120):
                relays.start()
                events = await happen(sequencer, subjects)

                async def some_came(goal=goal):
                    tried = await fetch("SELECT FROM delivery_attempt WHERE fault = 'tls_failed'")
                    return sum(len(one.got) for one in kinds) > goal and tried

                await eventually(some_came, 30)
                relays.kill()
            await receivers.close(wrong)
            right = await receivers.add(tls=ca.server("127.0.0.1"), port=wrong.port)

            async def all_taken():
                return all(len({g.id for g in one.taken}) == len(events) for one in (*kinds, right))

            for _ in range(5):
                relays.start()
                with contextlib.suppress(AssertionError):
                    await eventually(all_taken, 12)
                    break
                relays.kill()  # what hung or was told to wait: another three hours on
    for one in (*kinds, right):
        one.assert_complete(events)
    assert wrong.got == []
