"""Open registrations handed in and not taken up yet, sealed; the oldest first."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec

from volunteer_svc.store.database import execute, fetch, fetch_row


class IntakeRow(msgspec.Struct, frozen=True):
    form_sealed: bytes
    received_at: datetime


class StuckRow(msgspec.Struct, frozen=True):
    """Taken up in vain `tries` times; tried again at `due_at`."""

    id: UUID
    form_sealed: bytes
    received_at: datetime
    tries: int
    due_at: datetime


async def insert(intake_id: UUID, form_sealed: bytes, now: datetime) -> None:
    await execute("INSERT INTO intake VALUES ($1, $2, $3, $3)", intake_id, form_sealed, now)


async def claim(now: datetime, waits_seconds: Sequence[int]) -> UUID | None:
    """The next one to take up; due again after the wait of its tries, so that one that fails stops
    no other."""
    row = await fetch_row(
        """
        UPDATE intake SET tries = tries + 1, due_at = $1::timestamptz + make_interval(
            secs => ($2::integer[])[least(tries + 1, cardinality($2::integer[]))])
        WHERE id = (
            SELECT id FROM intake WHERE due_at <= $1 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
        ) RETURNING id
        """,
        now, list(waits_seconds),
    )  # fmt: skip
    return cast("UUID", row["id"]) if row else None


async def counts(stuck_tries: int) -> tuple[int, int]:
    """How many wait, and how many of these were tried so often."""
    (row,) = await fetch(
        "SELECT count(*), count(*) FILTER (WHERE tries >= $1) FROM intake", stuck_tries
    )
    return row[0], row[1]


async def stuck(stuck_tries: int, *, after: UUID | None, limit: int) -> list[StuckRow]:
    """Those tried so often, the oldest first."""
    rows = await fetch(
        "SELECT id, form_sealed, received_at, tries, due_at FROM intake WHERE tries >= $1"
        " AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        stuck_tries, after, limit,
    )  # fmt: skip
    return [StuckRow(*row) for row in rows]


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
