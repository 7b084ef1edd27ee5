"""When what is tried again: attempts by the table, lanes that hold and let pass, the circuit."""

import asyncio
import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tests.events.world import volunteers
from tests.webhooks.receivers import receiving
from tests.webhooks.world import (
    Ticking,
    attempts,
    deliver_all,
    dispatcher,
    endpoint,
    happen,
    lanes,
    open_config,
    state_of,
)
from volunteer_svc.domain.webhook import (
    SCHEDULE_SECONDS,
    Answer,
    Health,
    due_after,
    retry_after_seconds,
    verdict_of,
)
from volunteer_svc.store.database import execute, fetch

TABLE = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]
"""The ten attempts: at once, 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h after the one before."""


@given(attempts=st.integers(0, 9), chance=st.floats(0, 1))
def test_every_attempt_is_due_within_a_fifth_of_the_table(attempts, chance):
    due_at = due_after(attempts, NOW, chance)
    assert due_at is not None
    seconds = (due_at - NOW).total_seconds()
    assert 0.8 * TABLE[attempts] - 1e-3 <= seconds <= 1.2 * TABLE[attempts] + 1e-3
    assert due_after(10, NOW, chance) is None
    assert list(SCHEDULE_SECONDS) == TABLE


async def next_due(now):
    """Move the clock to when the next lane is due."""
    (row,) = await fetch("SELECT min(due_at) AS at FROM lane")
    if row["at"] is not None and row["at"] > now.at:
        now.at = row["at"]
    return row["at"] is not None


async def calm_circuit():
    """Other events of the endpoint go through meanwhile: it is this one that fails."""
    await execute(
        "UPDATE endpoint_health SET failures = 0, failing_since = NULL, wait_until = NULL"
    )


@pytest.mark.parametrize("on_failure", ["pass", "block"])
async def test_an_event_is_tried_ten_times_by_the_table_and_then_given_up(
    database, sequencer, on_failure
):
    now = Ticking()
    (subject,) = await volunteers(1)
    async with receiving(lambda _: "500") as receiver:
        made = await endpoint(receiver.url, now=now(), on_failure=on_failure)
        (event,) = await happen(sequencer, [subject])
        async with dispatcher(open_config(database, receiver.port), now) as one:
            await deliver_all(one)
            while await next_due(now):
                await calm_circuit()
                await deliver_all(one)
    made_at = [row["at"] for row in await attempts()]
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(made_at)]
    assert len(made_at) == 10
    for gap, wanted in zip(gaps, TABLE[1:], strict=True):
        assert 0.8 * wanted <= gap <= 1.2 * wanted
    assert {one.id for one in receiver.got} == {event["id"]}
    assert len({one.body for one in receiver.got}) == 1
    assert [one.headers["volunteer-attempt"] for one in receiver.got] == [
        str(n) for n in range(1, 11)
    ]
    (told,) = await fetch("SELECT * FROM outbox WHERE name = 'delivery.exhausted'")
    assert event["id"] in told["data"]
    assert told["subject"] == f"endpoint/{made.endpoint.id}"
    assert await state_of(made.endpoint.id) == "active"


async def test_a_failing_head_holds_its_lane_through_the_third_attempt_then_later_ones_pass(
    database, sequencer
):
    now = Ticking()
    (subject,) = await volunteers(1)
    async with receiving(lambda _: "500") as receiver:
        await endpoint(receiver.url, now=now())
        first, second, third = await happen(sequencer, [subject], 3)
        async with dispatcher(open_config(database, receiver.port), now) as one:
            for tries in (1, 2, 3):
                await deliver_all(one)
                tried = [one.id for one in receiver.got]
                assert tried[:tries] == [first["id"]] * tries
                if tries < 3:
                    assert len(tried) == tries, "nothing passes yet"
                    await next_due(now)
            # The third has failed: in the same turn the second event is tried.
            assert receiver.ids() == [first["id"]] * 3 + [second["id"]]
            receiver.behave = lambda _: "ok"
            await calm_circuit()
            while await next_due(now):
                await deliver_all(one)
    assert [one.id for one in receiver.taken] == [second["id"], third["id"], first["id"]]
    late = receiver.taken[-1]
    assert late.headers["volunteer-delivery"] == "late"
    assert "volunteer-delivery" not in receiver.taken[0].headers
    assert {row["kind"] for row in await attempts()} == {"subject", "late"}


async def test_a_blocking_endpoint_has_every_event_in_order_or_none(database, sequencer):
    now = Ticking()
    (subject,) = await volunteers(1)
    async with receiving(lambda _: "500") as receiver:
        await endpoint(receiver.url, now=now(), on_failure="block")
        events = await happen(sequencer, [subject], 3)
        async with dispatcher(open_config(database, receiver.port), now) as one:
            for _ in range(6):
                await calm_circuit()
                await deliver_all(one)
                await next_due(now)
            assert set(receiver.ids()) == {events[0]["id"]}
            receiver.behave = lambda _: "ok"
            while await next_due(now):
                await deliver_all(one)
    assert [one.id for one in receiver.taken] == [one["id"] for one in events]


async def test_ten_failures_in_a_row_open_the_circuit_and_others_wait_without_attempts(
    database, sequencer
):
    now = Ticking()
    subjects = await volunteers(40)
    async with receiving(lambda _: "500") as receiver:
        await endpoint(receiver.url, now=now())
        await happen(sequencer, subjects)
        async with dispatcher(open_config(database, receiver.port), now) as one:
            await deliver_all(one)
            opened = len(receiver.got)
            assert 10 <= opened < 14, "what was under way when it opened, and no more"
            untouched = {row["name"] for row in await lanes() if row["attempts"] == 0}
            assert len(untouched) == 40 - opened
            for minute in (1, 2, 3):
                now.move(seconds=59)
                await deliver_all(one)
                assert len(receiver.got) == opened + minute - 1
                now.move(seconds=1)
                await deliver_all(one)
                assert len(receiver.got) == opened + minute, "one probe a minute"
            receiver.behave = lambda _: "ok"
            now.move(seconds=60)
            await deliver_all(one)
            while await next_due(now):
                await deliver_all(one)
    assert len({one.id for one in receiver.taken}) == 40
    (health,) = await fetch("SELECT * FROM endpoint_health")
    assert health["failures"] == 0


async def test_two_relays_send_one_probe_between_them(database, sequencer):
    now = Ticking()
    subjects = await volunteers(20)
    async with receiving(lambda _: "500") as receiver:
        await endpoint(receiver.url, now=now())
        await happen(sequencer, subjects)
        config = open_config(database, receiver.port)
        async with dispatcher(config, now) as one, dispatcher(config, now) as other:
            await deliver_all(one)
            before = len(receiver.got)
            now.move(seconds=60)
            await asyncio.gather(deliver_all(one), deliver_all(other))
            assert len(receiver.got) == before + 1


async def test_retry_after_pauses_the_endpoint_and_uses_no_attempt(database, sequencer):
    now = Ticking()
    subjects = await volunteers(10)
    async with receiving(lambda _: "503") as receiver:
        made = await endpoint(receiver.url, now=now())
        await happen(sequencer, subjects)
        async with dispatcher(open_config(database, receiver.port), now) as one:
            await deliver_all(one)
            asked = len(receiver.got)
            assert asked < 10, "those under way, and no more"
            now.move(seconds=7199)
            await deliver_all(one)
            assert len(receiver.got) == asked
            assert {row["attempts"] for row in await lanes()} == {0}
            receiver.behave = lambda _: "ok"
            now.move(seconds=1)
            await deliver_all(one)
    assert len({one.id for one in receiver.taken}) == 10
    assert await state_of(made.endpoint.id) == "active"


async def test_no_success_for_120_hours_disables_and_others_are_told(database, sequencer):
    now = Ticking()
    subjects = await volunteers(3)
    watcher, broken = (lambda _: "ok"), (lambda _: "500")
    async with receiving(broken) as receiver, receiving(watcher) as other:
        made = await endpoint(receiver.url, now=now())
        await endpoint(other.url, now=now(), types=["volunteer-svc.endpoint.disabled.v1"])
        events = await happen(sequencer, subjects)
        config = open_config(database, receiver.port, other.port)
        async with dispatcher(config, now) as one:
            await deliver_all(one)
            started = now()
            while await state_of(made.endpoint.id) == "active":
                assert await next_due(now)
                (health,) = await fetch("SELECT max(wait_until) AS at FROM endpoint_health")
                if health["at"]:
                    now.at = max(now.at, health["at"])
                await happen(sequencer, subjects)
                await deliver_all(one)
                now.move(hours=3)
            assert now() - started >= timedelta(hours=120)
            await happen(sequencer, [])
            await deliver_all(one)
    (told,) = other.got
    assert told.event["data"]["reason"] == "no_success"
    assert told.event["data"]["endpoint_id"] == str(made.endpoint.id)
    assert told.event["data"]["undelivered_from"] <= events[-1]["sequence"]
    assert not [row for row in await lanes() if row["endpoint_id"] == made.endpoint.id]
    assert not receiver.of("endpoint.disabled"), "never to the endpoint it concerns"


def test_of_answers_under_way_together_the_longest_retry_after_holds():
    told = Health().after("told_to_wait", NOW, wait_seconds=600)
    until = NOW + timedelta(seconds=600)
    later = told.after("delivered", NOW).after("told_to_wait", NOW, wait_seconds=5)
    assert told.after("delivered", NOW).wait_until == later.wait_until == until
    opened = told
    for _ in range(10):
        opened = opened.after("failed", NOW)
    assert opened.after("delivered", NOW).wait_until is None, "the probe was taken"


def test_an_endpoint_that_was_idle_for_long_is_not_disabled_by_its_first_failure():
    health = Health(last_success_at=NOW - timedelta(days=300)).after("failed", NOW)
    assert not health.is_given_up(NOW + timedelta(hours=119))
    assert health.is_given_up(NOW + timedelta(hours=120))
    assert not health.after("delivered", NOW).is_given_up(NOW + timedelta(hours=500))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0), ("120", 120), (" 7 ", 7), ("99999999999999999999", 86_400), ("-5", 0), ("", 0),
        (None, 0), ("soon", 0), ("1.5", 0), ("٣", 0), ("Fri, 20 Nov 2026 04:02:00 GMT", 120),
        ("Fri, 20 Nov 2026 03:00:00 GMT", 0), ("Fri, 20 Nov 9999 04:00:00 GMT", 86_400),
        ("Fri, 99 Nov 2026 04:02:00 GMT", 0),
    ],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date_and_bounded(header, seconds):
    assert retry_after_seconds(header, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "retry_after", "verdict"),
    [
        (200, None, "delivered"), (204, None, "delivered"), (299, None, "delivered"),
        (101, None, "failed"), (301, None, "failed"), (307, None, "failed"), (400, None, "failed"),
        (410, "5", "gone"), (429, None, "failed"), (429, "5", "told_to_wait"),
        (503, "0", "failed"), (503, "5", "told_to_wait"), (500, "5", "failed"),
        (None, None, "failed"),
    ],
)  # fmt: skip
def test_only_2xx_is_a_success(status, retry_after, verdict):
    fault = None if status else "timeout"
    answer = Answer(milliseconds=1, status=status, fault=fault, retry_after=retry_after)
    assert verdict_of(answer, NOW)[0] == verdict
