"""The one Piccolo engine, its pool, and statements on the connection of the running command."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from piccolo.engine.postgres import PostgresEngine

from volunteer_svc.config import Config


class Engine(PostgresEngine):
    """Piccolo's engine without its connection at import time, with bounds on every wait."""

    wait_seconds: float = 5.0
    opened_for: object = None
    """Loop and settings of the pool that is open."""

    async def get_version(self) -> float:
        """Building an engine must not connect; PostgreSQL 15–18 are tried by the tests."""
        return float(self.min_version_number)

    async def prep_database(self) -> None:
        """Extensions belong to the migrations."""

    async def _run_in_pool(self, query: str, args: Sequence[Any] | None = None) -> Any:
        """Piccolo's queries outside a transaction: with a bound on the wait for a connection."""
        return await fetch(query, *(args or ()))

    async def _run_in_new_connection(self, *_: Any) -> Any:
        """Without a pool Piccolo would open a connection per query, silently: refuse instead."""
        raise _no_pool()


def _no_pool() -> RuntimeError:
    return RuntimeError("no pool: open store.database.pool() around the process")


ENGINE = Engine(config={})


def configure(config: Config) -> None:
    """Point the engine at the database of the settings; connects to nothing yet."""
    ENGINE.wait_seconds = config.pool_wait_seconds
    ENGINE.config = {
        "dsn": config.database_url,
        "command_timeout": config.statement_timeout_seconds,
        "server_settings": {
            "application_name": "volunteer_svc",
            "timezone": "UTC",
            "statement_timeout": str(config.statement_timeout_seconds * 1000),
            "idle_in_transaction_session_timeout": str(config.statement_timeout_seconds * 1000),
        },
    }


async def _leave_as_is(_: Any) -> None:
    """Commands set nothing that outlives their transaction, so that a connection given back needs
    no statement that resets it; an open transaction is rolled back all the same."""


@asynccontextmanager
async def pool(config: Config) -> AsyncIterator[None]:
    """The connection pool of this process, for its life. Without it nothing runs.

    Inside of one for the same loop and settings it is the same: tests open an application's pool
    inside of their own.
    """
    configure(config)
    wanted = (asyncio.get_running_loop(), config.pool_size, config.pool_wait_seconds, ENGINE.config)
    if ENGINE.pool is not None and ENGINE.opened_for == wanted:
        yield
        return
    opened = await asyncpg.create_pool(
        **ENGINE.config,
        min_size=min(2, config.pool_size),
        max_size=config.pool_size,
        reset=_leave_as_is,
    )
    # Each gives back what it found.
    before = ENGINE.pool, ENGINE.opened_for
    ENGINE.pool, ENGINE.opened_for = opened, wanted
    try:
        yield
    finally:
        # First closed, then put away: who still has a connection gives it back to this pool.
        try:
            async with asyncio.timeout(ENGINE.wait_seconds):
                await opened.close()
        except TimeoutError:
            opened.terminate()
        ENGINE.pool, ENGINE.opened_for = before


async def acquire() -> Any:
    """A connection of the pool; TimeoutError when none is free in time."""
    if ENGINE.pool is None:
        raise _no_pool()
    return await ENGINE.pool.acquire(timeout=ENGINE.wait_seconds)


async def fetch(sql: str, *args: Any) -> Sequence[Any]:
    """The rows of a statement, on the running command's connection or on one of the pool."""
    running = ENGINE.current_transaction.get()
    if running is not None:
        return await running.connection.fetch(sql, *args)  # type: ignore[no-any-return]
    connection = await acquire()
    try:
        return await connection.fetch(sql, *args)  # type: ignore[no-any-return]
    finally:
        await ENGINE.pool.release(connection)  # type: ignore[union-attr]


async def fetch_row(sql: str, *args: Any) -> Any | None:
    """The first row, or None."""
    rows = await fetch(sql, *args)
    return rows[0] if rows else None


async def execute(sql: str, *args: Any) -> None:
    """A statement whose rows nobody wants."""
    await fetch(sql, *args)


Violation = asyncpg.IntegrityConstraintViolationError
LOST = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""What a statement may raise when the server or the connection is gone."""
LOCKED = (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError)
"""What a statement raises that waited too long for somebody else's lock."""
BAD_ROW = (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError)
"""What a row raises that breaks a constraint or cannot be stored: its statement's fault alone."""
