"""One-time codes of staff: the sealed secret of the app, and the hashed recovery codes."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.store.database import execute, fetch_row


class StaffCode(msgspec.Struct, frozen=True, kw_only=True):
    """An app that an account is enrolled with; until it is confirmed it is not asked for."""

    secret_sealed: bytes
    last_step: int
    confirmed_at: datetime | None


async def find(staff_id: UUID) -> StaffCode | None:
    row = await fetch_row(
        "SELECT secret_sealed, last_step, confirmed_at FROM staff_code WHERE staff_id = $1",
        staff_id,
    )
    return StaffCode(**row) if row else None


async def enrol(staff_id: UUID, secret_sealed: bytes, now: datetime) -> bool:
    """Keep a new secret in place of one not confirmed; False when there is a confirmed one."""
    row = await fetch_row(
        """
        INSERT INTO staff_code AS c VALUES ($1, $2, 0, $3, NULL)
        ON CONFLICT (staff_id) DO UPDATE
            SET secret_sealed = excluded.secret_sealed, created_at = excluded.created_at
            WHERE c.confirmed_at IS NULL
        RETURNING staff_id
        """,
        staff_id, secret_sealed, now,
    )  # fmt: skip
    return row is not None


async def confirm(staff_id: UUID, secret_sealed: bytes, step: int, now: datetime) -> bool:
    """From now on the code is asked for; False when this secret is not the waiting one."""
    row = await fetch_row(
        "UPDATE staff_code SET confirmed_at = $4, last_step = $3 WHERE staff_id = $1"
        " AND secret_sealed = $2 AND confirmed_at IS NULL RETURNING staff_id",
        staff_id, secret_sealed, step, now,
    )  # fmt: skip
    return row is not None


async def advance(staff_id: UUID, step: int) -> bool:
    """Spend the code of a step; False when it, or a later one, was spent already."""
    row = await fetch_row(
        "UPDATE staff_code SET last_step = $2 WHERE staff_id = $1 AND last_step < $2"
        " RETURNING staff_id",
        staff_id, step,
    )  # fmt: skip
    return row is not None


async def remove(staff_id: UUID) -> bool:
    """Whether there was one."""
    await execute("DELETE FROM recovery_code WHERE staff_id = $1", staff_id)
    row = await fetch_row(
        "DELETE FROM staff_code WHERE staff_id = $1 RETURNING confirmed_at", staff_id
    )
    return row is not None


async def save_recovery_codes(staff_id: UUID, hashes: Collection[bytes]) -> None:
    await execute(
        "INSERT INTO recovery_code SELECT unnest($2::bytea[]), $1", staff_id, list(hashes)
    )


async def spend_recovery_code(staff_id: UUID, code_hash: bytes) -> bool:
    """Each is good once."""
    row = await fetch_row(
        "DELETE FROM recovery_code WHERE code_hash = $2 AND staff_id = $1 RETURNING staff_id",
        staff_id, code_hash,
    )  # fmt: skip
    return row is not None
