"""Many rows at once, by COPY: nothing is planned, and no limit of parameters is met."""

from collections.abc import Iterable, Sequence
from typing import Any

from volunteer_svc.store import database


async def insert(table: str, columns: Iterable[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows in order, inside the running command; each row in the order of `columns`.

    Raises what INSERT would: database.Violation …
    """
    rows = list(rows)
    if not rows:
        return
    running = database.ENGINE.current_transaction.get()
    if running is None:
        raise RuntimeError("rows belong to a transaction: call within in_transaction()")
    await running.connection.copy_records_to_table(table, columns=list(columns), records=rows)
