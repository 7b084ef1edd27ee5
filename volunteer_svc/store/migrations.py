"""Which migrations this code has, and whether the database has run them.

Apart from running them: Piccolo's runner would bring a code formatter into the web process.
"""

import re
from functools import cache
from pathlib import Path

from volunteer_svc.store import database

FOLDER = Path(__file__).parents[2] / "migrations"
_ID = re.compile(r'^ID = "(.+)"$', re.MULTILINE)


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
    found = (_ID.search(file.read_text()) for file in FOLDER.glob("*.py"))
    return frozenset(match[1] for match in found if match)
