"""Bring the database's schema up to this code; one at a time, never inside the web process."""

import asyncio
import contextlib
import io

import asyncpg
from piccolo.apps.migrations.commands.forwards import run_forwards

from volunteer_svc.config import Config
from volunteer_svc.store import database

_LOCK = 0x766F6C756E  # the letters "volun": any number, the same for every migrator


def main(config: Config) -> None:
    """Run all migrations that have not run yet. Two at once wait for each other."""
    asyncio.run(migrate(config))


async def migrate(config: Config) -> None:
    """Like `main`, inside a running loop. Raises RuntimeError with Piccolo's own words."""
    lock = await asyncpg.connect(config.database_url)
    try:
        await lock.execute("SELECT pg_advisory_lock($1)", _LOCK)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            async with database.pool(config):
                result = await run_forwards("volunteer_svc")
        if not result.success:
            raise RuntimeError(f"migration failed: {result.message}\n{said.getvalue()}")
    finally:
        await lock.close()
