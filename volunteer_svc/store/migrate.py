"""Bring the database's schema up to this code; one at a time, never inside the web process."""

import asyncio
import contextlib
import io
import re
from functools import cache
from pathlib import Path

import asyncpg
from piccolo.apps.migrations.commands.forwards import run_forwards
from piccolo.conf.apps import Finder

from volunteer_svc.config import Config
from volunteer_svc.store import database

_LOCK = 0x766F6C756E  # the letters "volun": any number, the same for every migrator
_ID = re.compile(r'^ID = "(.+)"$', re.MULTILINE)


def main(config: Config) -> None:
    """Run all migrations that have not run yet. Two at once wait for each other."""
    asyncio.run(migrate(config))


async def is_current() -> bool:
    """Whether all migrations of this code have run; asks the pool of the process."""
    row = await database.fetch_row("SELECT to_regclass('migration') IS NOT NULL AS made")
    if not row or not row["made"]:
        return False
    rows = await database.fetch("SELECT name FROM migration WHERE app_name = 'volunteer_svc'")
    return ids() <= {row["name"] for row in rows}


@cache
def ids() -> frozenset[str]:
    """The ids the migration files state, read without importing them."""
    folder = Path(Finder().get_app_config("volunteer_svc").resolved_migrations_folder_path)
    found = (_ID.search(file.read_text()) for file in folder.glob("*.py"))
    return frozenset(match[1] for match in found if match)


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
