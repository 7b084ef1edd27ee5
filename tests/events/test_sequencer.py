"""The sequencer: numbers are dense, follow commits per subject, and nothing is lost or doubled."""

import asyncio
import random
from collections import defaultdict
from typing import Any

import asyncpg
import pytest

from tests.events.world import RELAY, eventually, log, update, volunteers
from volunteer_svc.config import Config
from volunteer_svc.store import database as db
from volunteer_svc.store import event_log

pytestmark = pytest.mark.usefixtures("database")
WRITERS = 8
COMMANDS = 80


async def assert_log_is_what_was_committed() -> None:
    """Dense numbers, and each subject's versions in order, all of them, none twice."""
    bodies = await log()
    assert [int(body["sequence"]) for body in bodies] == list(range(1, len(bodies) + 1))
    assert len({body["id"] for body in bodies}) == len(bodies)
    versions = defaultdict(list)
    for body in bodies:
        versions[body["subject"]].append(body["subjectversion"])
    committed = await db.fetch("SELECT id, version FROM volunteer")
    expected = {f"volunteer/{row['id']}": list(range(1, row["version"] + 1)) for row in committed}
    assert {subject: versions[subject] for subject in expected} == expected
    assert set(versions) <= set(expected)


async def outbox_is_empty() -> bool:
    return not await db.fetch("SELECT FROM outbox LIMIT 1")


async def write(seed: int, subjects: list[Any]) -> None:
    chance = random.Random(seed)  # noqa: S311 - which commands race, not a secret
    for _ in range(COMMANDS):
        await update(
            chance.sample(subjects, chance.choice([1, 1, 2])),
            fail=chance.random() < 0.15,
            hold_seconds=chance.choice([0, 0, 0.001, 0.003]),
        )


async def test_racing_commands_are_numbered_densely_and_in_order(sequencer: Any) -> None:
    subjects = await volunteers(6)
    writing = asyncio.gather(*(write(seed, subjects) for seed in range(WRITERS)))
    while not writing.done():
        await event_log.move(sequencer, 7)
        await asyncio.sleep(0)
    await writing
    while await event_log.move(sequencer, 7):
        pass
    await assert_log_is_what_was_committed()


async def test_two_that_number_at_once_give_no_number_twice(database: Config) -> None:
    subjects = await volunteers(50)
    for _ in range(4):
        await update(subjects)

    async def move_all() -> int:
        connection = await event_log.connect(database)
        try:
            moved = 0
            while count := await event_log.move(connection, 7):
                moved += count
            return moved
        finally:
            await event_log.disconnect(connection)

    assert sum(await asyncio.gather(*(move_all() for _ in range(4)))) == 200
    await assert_log_is_what_was_committed()


class Dying:
    """A connection that is lost at its nth statement, before or after PostgreSQL runs it."""

    def __init__(self, connection: Any, statements: int, *, reply_is_lost: bool) -> None:
        self.connection = connection
        self._left = statements
        self._reply_is_lost = reply_is_lost

    def transaction(self, **options: Any) -> Any:
        return self.connection.transaction(**options)

    def __getattr__(self, name: str) -> Any:
        async def statement(*args: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._reply_is_lost:
                self.connection.terminate()
            answer = await getattr(self.connection, name)(*args)
            if self._left == 0:
                self.connection.terminate()
            return answer

        return statement


async def test_a_connection_lost_at_any_statement_loses_and_doubles_nothing(
    database: Config,
) -> None:
    subjects = await volunteers(20)
    for statements in range(1, 7):
        for reply_is_lost in (False, True):
            await update(subjects)
            connection = await event_log.connect(database)
            dying = Dying(connection, statements, reply_is_lost=reply_is_lost)
            with pytest.raises(db.LOST):
                await event_log.move(dying, 1000)
    connection = await event_log.connect(database)
    assert await event_log.move(connection, 1000) == 240
    await event_log.disconnect(connection)
    await assert_log_is_what_was_committed()


async def test_a_move_cancelled_at_any_point_loses_and_doubles_nothing(database: Config) -> None:
    subjects = await volunteers(20)
    chance = random.Random(7)  # noqa: S311 - when it is cancelled, not a secret
    cancelled = 0
    for _ in range(40):
        await update(subjects)
        connection = await event_log.connect(database)
        moving = asyncio.create_task(event_log.move(connection, 1000))
        # From before its first statement to after its commit, about.
        await asyncio.wait([moving], timeout=chance.random() * 0.02)
        cancelled += moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)
        await event_log.disconnect(connection)
    connection = await event_log.connect(database)
    while await event_log.move(connection, 1000):
        pass
    await event_log.disconnect(connection)
    await assert_log_is_what_was_committed()
    assert len(await log()) == 800
    assert cancelled >= 5


async def test_a_slow_command_is_not_lost_behind_a_quick_one(sequencer: Any) -> None:
    slow, quick = await volunteers(2)
    slow_command = asyncio.create_task(update([slow], hold_seconds=30))
    await eventually(holding)
    await update([quick])
    assert await event_log.move(sequencer, 10) == 1
    slow_command.cancel()
    await asyncio.wait([slow_command])
    await update([slow])
    assert await event_log.move(sequencer, 10) == 1
    subjects = [body["subject"] for body in await log()]
    assert subjects == [f"volunteer/{quick}", f"volunteer/{slow}"]


async def holding() -> bool:
    query = (
        "SELECT FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event = 'PgSleep' AND state = 'active'"
    )
    return bool(await db.fetch(query))


async def test_a_move_sees_what_was_committed_while_it_waited_for_its_lock(
    database: Config, sequencer: Any
) -> None:
    """In one statement with the lock it would read the outbox as it was before the wait."""
    subjects = await volunteers(1)
    await update(subjects)
    other = await asyncpg.connect(database.database_url)
    holds = other.transaction()
    await holds.start()
    await other.execute("SELECT FROM event_head FOR UPDATE")
    moving = asyncio.create_task(event_log.move(sequencer, 10))

    async def waits() -> bool:
        return bool(
            await db.fetch(
                "SELECT FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name = $1 AND wait_event_type = 'Lock'",
                RELAY,
            )
        )

    await eventually(waits)
    await update(subjects)
    await holds.commit()
    assert await moving == 2
    await other.close()


async def test_a_move_takes_no_more_than_asked_and_in_order(sequencer: Any) -> None:
    await update(await volunteers(5))
    written = [row["event_id"] for row in await db.fetch("SELECT event_id FROM outbox ORDER BY id")]
    assert [await event_log.move(sequencer, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert [one.event_id for one in await event_log.read(0, 10)] == written
    assert await outbox_is_empty()
    assert (await event_log.head()).last_seq == 5


async def test_one_leads_and_another_when_its_connection_ends(database: Config) -> None:
    first, second = [await event_log.connect(database) for _ in range(2)]
    assert await event_log.try_to_lead(first)
    assert not await event_log.try_to_lead(second)
    first.terminate()

    async def leads() -> bool:
        return await event_log.try_to_lead(second)

    await eventually(leads)
    await event_log.disconnect(second)


async def test_reading_goes_on_behind_a_number(sequencer: Any) -> None:
    await update(await volunteers(5))
    await event_log.move(sequencer, 10)
    assert [one.sequence for one in await event_log.read(2, 2)] == [3, 4]
    assert await event_log.read(5, 2) == []


async def test_an_event_in_the_log_does_not_change(sequencer: Any) -> None:
    await update(await volunteers(1))
    await event_log.move(sequencer, 10)
    with pytest.raises(db.Violation, match="append-only"):
        await db.execute("UPDATE event_log SET body = '{}'")
