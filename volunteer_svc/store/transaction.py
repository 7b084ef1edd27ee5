"""One command, one transaction: commit, rollback and release survive failures and cancels.

Piccolo's own transaction leaks its connection and its context variable when COMMIT or ROLLBACK
raises, or when a cancel scope ends inside it (pinned by tests/store/test_transaction.py).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self, TypeVar

import anyio
import asyncpg
from piccolo.engine.postgres import PostgresTransaction

from volunteer_svc.store import database

T = TypeVar("T")
_RETRIES = 5
_ENDING_SECONDS = 5


class Transaction(PostgresTransaction):
    """Piccolo's transaction, ending safely. Not nestable: an inner one is a bug, so it raises."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(engine=database.ENGINE, allow_nested=False)

    async def __aenter__(self) -> Self:
        self.connection = await database.acquire()
        try:
            self.transaction = self.connection.transaction()
            await self.transaction.start()
        except BaseException:
            # Cancelled inside BEGIN, asyncpg takes the next transaction for a savepoint.
            self.connection.terminate()
            await self._release()
            raise
        self.context = self.engine.current_transaction.set(self)
        return self

    async def __aexit__(self, kind: object, error: object, traceback: object) -> bool:
        self.engine.current_transaction.reset(self.context)
        try:
            with anyio.CancelScope(shield=True), anyio.fail_after(_ENDING_SECONDS):
                await (self.transaction.rollback() if kind else self.transaction.commit())
        except BaseException:
            # Whatever state the server is in, this connection must not serve another command.
            self.connection.terminate()
            if kind is None:
                raise
        finally:
            await self._release()
        return False

    async def _release(self) -> None:
        with anyio.CancelScope(shield=True):
            await self.engine.pool.release(self.connection)  # type: ignore[union-attr]


async def one_snapshot() -> None:
    """All that this transaction reads is of one instant. Before its first statement."""
    await database.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


async def in_transaction(work: Callable[[], Awaitable[T]]) -> T:
    """Run `work` in a transaction; the whole is repeated when PostgreSQL asks for it.

    Serialization failures, deadlocks and plans outdated by a migration are repeated up to five
    times, with a growing pause; every other error passes.
    """
    for attempt in range(_RETRIES):
        try:
            async with Transaction():
                return await work()
        except (
            asyncpg.SerializationError,
            asyncpg.DeadlockDetectedError,
            asyncpg.InvalidCachedStatementError,
        ):
            if attempt == _RETRIES - 1:
                raise
            await asyncio.sleep(0.01 * 2**attempt)
    raise AssertionError("unreachable")
