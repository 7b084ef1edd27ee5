"""A command's end never costs the pool a connection, whatever the end is.

Piccolo's own transaction loses the connection in each of these cases.
"""

import asyncio

import anyio
import asyncpg
import msgspec
import pytest

from volunteer_svc.store.database import ENGINE, acquire, execute, fetch, pool
from volunteer_svc.store.transaction import Transaction, in_transaction

ROUNDS = 30
"""Far more than the pool has connections: one leak a round would exhaust it."""


async def assert_pool_is_whole():
    assert ENGINE.current_transaction.get() is None
    assert ENGINE.pool is not None
    size = ENGINE.pool.get_max_size()
    held = [await acquire() for _ in range(size)]
    try:
        for connection in held:
            assert await connection.fetchval("SELECT 1") == 1
            assert not connection.is_in_transaction()
    finally:
        for connection in held:
            await ENGINE.pool.release(connection)


async def test_what_is_written_stands_after_the_commit_and_not_after_an_error(database):
    await execute("CREATE TABLE note (text text)")

    async def write():
        await execute("INSERT INTO note VALUES ('kept')")

    async def fail():
        await execute("INSERT INTO note VALUES ('lost')")
        raise ValueError

    await in_transaction(write)
    with pytest.raises(ValueError):  # noqa: PT011 - our own
        await in_transaction(fail)
    assert [row["text"] for row in await fetch("SELECT text FROM note")] == ["kept"]


async def test_a_transaction_inside_a_transaction_is_refused(database):
    async with Transaction():
        with pytest.raises(Exception, match="already active"):
            async with Transaction():
                raise AssertionError


async def test_a_failing_commit_leaks_nothing(database):
    await execute(
        "CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)",
    )

    async def fail_at_commit():
        await execute("INSERT INTO late VALUES (1), (1)")

    for _ in range(ROUNDS):
        with pytest.raises(asyncpg.UniqueViolationError):
            await in_transaction(fail_at_commit)
    await assert_pool_is_whole()


async def test_a_killed_backend_leaks_nothing(database):
    async def kill_own_backend():
        await execute("SELECT pg_terminate_backend(pg_backend_pid())")

    for _ in range(ROUNDS):
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await in_transaction(kill_own_backend)
    await assert_pool_is_whole()


async def test_a_cancel_scope_that_ends_leaks_nothing(database):
    async def wait():
        await execute("SELECT pg_sleep(30)")

    for _ in range(ROUNDS):
        with anyio.move_on_after(0.005) as scope:
            await in_transaction(wait)
        assert scope.cancelled_caught
    await assert_pool_is_whole()


async def test_a_cancelled_task_leaks_nothing(database):
    async def wait():
        await execute("SELECT pg_sleep(30)")

    for _ in range(ROUNDS):
        task = asyncio.create_task(in_transaction(wait))
        await asyncio.sleep(0.003)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await assert_pool_is_whole()


async def test_a_deadlock_is_repeated_and_nobody_notices(database):
    await execute("CREATE TABLE pair (id int PRIMARY KEY, n int)")
    await execute("INSERT INTO pair VALUES (1, 0), (2, 0)")
    met = asyncio.Barrier(2)
    attempts = []

    async def add(first, second):
        attempts.append(first)
        await execute("UPDATE pair SET n = n + 1 WHERE id = $1", first)
        if len(attempts) <= 2:
            await met.wait()
        await execute("UPDATE pair SET n = n + 1 WHERE id = $1", second)

    await asyncio.gather(
        in_transaction(lambda: add(1, 2)),
        in_transaction(lambda: add(2, 1)),
    )
    assert [row["n"] for row in await fetch("SELECT n FROM pair ORDER BY id")] == [2, 2]
    assert len(attempts) == 3


async def test_no_free_connection_in_time_is_an_error_not_a_wait_for_ever(database, monkeypatch):
    monkeypatch.setattr(ENGINE, "wait_seconds", 0.05)
    pool = ENGINE.pool
    held = [await pool.acquire() for _ in range(pool.get_max_size())]
    try:
        with pytest.raises(TimeoutError):
            await fetch("SELECT 1")
    finally:
        for connection in held:
            await pool.release(connection)


async def test_who_still_runs_while_the_pool_closes_ends_and_gives_his_connection_back(database):
    at_work = asyncio.Event()

    async def command():
        at_work.set()
        await execute("SELECT pg_sleep(0.2)")

    async with asyncio.timeout(20):
        async with pool(msgspec.structs.replace(database, pool_size=2)):  # of its own
            running = asyncio.create_task(in_transaction(command))
            await at_work.wait()
        await running


async def test_a_connection_that_is_never_given_back_does_not_keep_the_pool_open(database):
    async with asyncio.timeout(20):
        async with pool(msgspec.structs.replace(database, pool_wait_seconds=0.2)):
            await acquire()
