"""Many rows in one statement: arrays unnested by PostgreSQL, so no parameter limit is met."""

from collections.abc import Iterable, Sequence
from typing import Any

from volunteer_svc.store.database import execute


async def insert(table: str, columns: dict[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows in order. `columns`: name → PostgreSQL type; each row in that order."""
    arrays = list(zip(*rows, strict=True))
    if not arrays:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    unnested = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(columns.values(), 1))
    await execute(f"INSERT INTO {table} ({names}) SELECT * FROM unnest({unnested})", *arrays)
