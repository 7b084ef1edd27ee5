"""The control: a reader by `id > last` over the same commits, which must be seen to lose events.

If it loses none, commits did not race and the run has proved nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import asyncpg

from tests.events.world import update
from volunteer_svc.config import Config
from volunteer_svc.store import database

# Outbox rows go as soon as they are numbered, so the control has rows of its own, written by the
# same transactions and numbered as they are inserted, the way such tables usually are.
_TABLE = """
CREATE TABLE control (id bigserial PRIMARY KEY, event_id uuid NOT NULL);
CREATE FUNCTION copy_to_control() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO control (event_id) VALUES (NEW.event_id);
    RETURN NULL;
END $$;
CREATE TRIGGER copy_to_control AFTER INSERT ON outbox
    FOR EACH ROW EXECUTE FUNCTION copy_to_control();
"""
_LOST = (*database.LOST, TimeoutError)
_POLL_SECONDS = 0.01
_HOLD_SECONDS = 0.05
_AGAIN_SECONDS = 0.2


class Control:
    """What the naive reader has seen."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self._last = 0

    async def lost(self, connection: asyncpg.Connection) -> int:
        """How many committed rows it has passed by."""
        rows = await connection.fetch("SELECT id FROM control WHERE id <= $1", self._last)
        return len({row["id"] for row in rows} - self.seen)

    @asynccontextmanager
    async def beside(self, config: Config, slow: list[UUID]) -> AsyncIterator[None]:
        """Read on, while `slow` volunteers' commands hold their commits back."""
        async with database.pool(config):
            tasks = [
                asyncio.create_task(self._read(config)),
                *(asyncio.create_task(_write_slowly(one)) for one in slow),
            ]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, config: Config) -> None:
        while True:
            with suppress(*_LOST):
                connection = await asyncpg.connect(config.database_url, timeout=5)
                try:
                    await self._poll(connection)
                finally:
                    connection.terminate()
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _poll(self, connection: asyncpg.Connection) -> None:
        while True:
            rows = await connection.fetch(
                "SELECT id FROM control WHERE id > $1 ORDER BY id", self._last, timeout=5
            )
            self.seen.update(row["id"] for row in rows)
            self._last = rows[-1]["id"] if rows else self._last
            await asyncio.sleep(_POLL_SECONDS)


async def prepare(connection: asyncpg.Connection) -> None:
    await connection.execute(_TABLE)


async def _write_slowly(volunteer_id: UUID) -> None:
    while True:
        try:
            await update([volunteer_id], hold_seconds=_HOLD_SECONDS)
        except _LOST:
            await asyncio.sleep(_AGAIN_SECONDS)
