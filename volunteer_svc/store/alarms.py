"""Alarms: an open row per kind is an incident, of which is told once."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from volunteer_svc.domain.alarm import Alarm
from volunteer_svc.store.database import execute, fetch

_LOCK = 0x616C61726D  # the letters "alarm": any number, the same for every watcher


async def hold() -> None:
    """Nobody else raises alarms until the command ends."""
    await execute("SELECT pg_advisory_xact_lock($1)", _LOCK)


async def open_kinds() -> set[str]:
    """The incidents that are not over."""
    return {row["kind"] for row in await fetch("SELECT kind FROM alarm WHERE ended_at IS NULL")}


async def insert(alarm_id: UUID, alarm: Alarm, now: datetime) -> None:
    """Raises database.Violation for a second one of an incident."""
    await execute(
        'INSERT INTO alarm (id, kind, reading, "limit", raised_at) VALUES ($1, $2, $3, $4, $5)',
        alarm_id, alarm.kind, alarm.reading, alarm.limit, now,
    )  # fmt: skip


async def end(kinds: Collection[str], now: datetime) -> None:
    """Those incidents are over."""
    await execute(
        "UPDATE alarm SET ended_at = greatest($2, raised_at)"
        " WHERE ended_at IS NULL AND kind = ANY($1::text[])",
        list(kinds), now,
    )  # fmt: skip
