"""Failed sign-ins by account, shared by all web processes.

An attempt is counted before its password is looked at, and taken back when it was right: of many
attempts at one moment no more get through than one after the other would.
"""

from collections.abc import Sequence
from datetime import datetime

from volunteer_svc.store.database import execute, fetch_row


async def begin(name_hash: bytes, now: datetime, waits_seconds: Sequence[int]) -> bool:
    """Count an attempt; False while the account waits, then nothing is counted."""
    row = await fetch_row(
        """
        INSERT INTO sign_in_attempt AS a
        VALUES ($1, 1, $2::timestamptz,
            $2::timestamptz + make_interval(secs => ($3::integer[])[1]))
        ON CONFLICT (name_hash) DO UPDATE SET failures = a.failures + 1, last_at = $2,
            locked_until = $2::timestamptz + make_interval(
                secs => ($3::integer[])[least(a.failures + 1, cardinality($3::integer[]))])
        WHERE a.locked_until <= $2
        RETURNING failures
        """,
        name_hash, now, list(waits_seconds),
    )  # fmt: skip
    return row is not None


async def forget(name_hash: bytes) -> None:
    """The password was right, or an administrator lifts the wait."""
    await execute("DELETE FROM sign_in_attempt WHERE name_hash = $1", name_hash)


async def forget_before(instant: datetime) -> None:
    """Retention: accounts at which nothing failed since."""
    await execute("DELETE FROM sign_in_attempt WHERE last_at <= $1", instant)
