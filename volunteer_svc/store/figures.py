"""A reader's own figures in his own PostgreSQL: a view or table of an agreed shape."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from volunteer_svc.domain.errors import refuse
from volunteer_svc.store import database

# A sum of bigints is a numeric in PostgreSQL; both databases know this cast.
QUERY = """
SELECT "on", station_id, type, CAST(events AS bigint), CAST(minutes AS bigint),
    CAST(stars AS bigint) FROM volunteer_digest
"""
_CONNECT_SECONDS = 10


async def read(url: str) -> Sequence[dict[str, Any]]:
    """All rows. Raises `figures_unreadable`, which tells nothing of the address."""
    try:
        connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
        try:
            return [dict(row) for row in await connection.fetch(QUERY)]
        finally:
            await connection.close()
    except (*database.LOST, ValueError) as error:
        raise refuse("figures_unreadable", reason=type(error).__name__) from error
