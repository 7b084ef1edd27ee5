"""Open registrations handed in and not taken up yet, sealed; the oldest first."""

from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec

from volunteer_svc.store.database import execute, fetch, fetch_row


class IntakeRow(msgspec.Struct, frozen=True):
    form_sealed: bytes
    received_at: datetime


async def insert(intake_id: UUID, form_sealed: bytes, now: datetime) -> None:
    await execute("INSERT INTO intake VALUES ($1, $2, $3, $3)", intake_id, form_sealed, now)


async def claim(now: datetime, until: datetime) -> UUID | None:
    """The next one to take up; due again at `until`, so that one that fails stops no other."""
    row = await fetch_row(
        """
        UPDATE intake SET due_at = $2 WHERE id = (
            SELECT id FROM intake WHERE due_at <= $1 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
        ) RETURNING id
        """,
        now, until,
    )  # fmt: skip
    return cast("UUID", row["id"]) if row else None


async def page(after: UUID, limit: int) -> list[tuple[UUID, bytes]]:
    """Id and sealed form of those that wait behind `after`."""
    rows = await fetch(
        "SELECT id, form_sealed FROM intake WHERE id > $1 ORDER BY id LIMIT $2", after, limit
    )
    return [tuple(row) for row in rows]


async def take(intake_id: UUID) -> IntakeRow | None:
    """Take it off the list, inside the command that does what it asks; None: somebody else has."""
    row = await fetch_row(
        "DELETE FROM intake WHERE id = $1 RETURNING form_sealed, received_at", intake_id
    )
    return IntakeRow(*row) if row else None
