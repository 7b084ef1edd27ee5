"""Sessions: who is signed in under which token; the token itself is never stored."""

from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec

from volunteer_svc.domain.actor import Role
from volunteer_svc.store.database import execute, fetch, fetch_row

_OWNER = "coalesce(staff_id, volunteer_id)"


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in under a token: a volunteer, or staff with what the rules need of them."""

    id: UUID
    volunteer_id: UUID | None
    staff_id: UUID | None
    role: Role | None
    station_id: UUID | None
    own_volunteer_id: UUID | None
    has_code: bool
    """Staff: an authenticator app is confirmed; of a single sign-on, a second factor was asked."""
    password_given_out: bool
    """Staff: the password is one that the administrator gave out, to be changed first."""


class OwnSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its owner sees it."""

    id: UUID
    created_at: datetime
    expires_at: datetime


async def insert(
    session_id: UUID, token_hash: bytes, *, staff_id: UUID | None, volunteer_id: UUID | None,
    now: datetime, expires_at: datetime, second_factor: bool | None = None,
) -> None:  # fmt: skip
    """`second_factor`: of a single sign-on, whether the issuer asked for one."""
    await execute(
        "INSERT INTO session (id, token_hash, staff_id, volunteer_id, created_at, expires_at,"
        " second_factor) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        session_id, token_hash, staff_id, volunteer_id, now, expires_at, second_factor,
    )  # fmt: skip


async def find(token_hash: bytes, now: datetime) -> SessionRow | None:
    row = await fetch_row(
        """
        SELECT s.id, s.volunteer_id, s.staff_id, a.role, a.station_id,
            a.volunteer_id AS own_volunteer_id,
            coalesce(s.second_factor, c.confirmed_at IS NOT NULL) AS has_code,
            a.password_expires_at IS NOT NULL AS password_given_out
        FROM session s LEFT JOIN staff a ON a.id = s.staff_id
            LEFT JOIN staff_code c ON c.staff_id = s.staff_id
        WHERE s.token_hash = $1 AND s.expires_at > $2 AND a.closed_at IS NULL
        """,
        token_hash, now,
    )  # fmt: skip
    return SessionRow(**row) if row else None


async def opened_at(session_id: UUID) -> datetime | None:
    row = await fetch_row("SELECT created_at FROM session WHERE id = $1", session_id)
    return cast("datetime", row["created_at"]) if row else None


async def listing(
    owner_id: UUID, now: datetime, *, after: UUID | None, limit: int
) -> list[OwnSession]:
    """The sessions of an account or volunteer that are not over, the oldest first."""
    rows = await fetch(
        f"SELECT id, created_at, expires_at FROM session WHERE {_OWNER} = $1"
        " AND expires_at > $2 AND ($3::uuid IS NULL OR id > $3) ORDER BY id LIMIT $4",
        owner_id, now, after, limit,
    )  # fmt: skip
    return [OwnSession(**row) for row in rows]


async def end(owner_id: UUID, session_id: UUID) -> bool:
    """Whether the owner had this session."""
    row = await fetch_row(
        f"DELETE FROM session WHERE {_OWNER} = $1 AND id = $2 RETURNING id", owner_id, session_id
    )
    return row is not None


async def end_others(owner_id: UUID, session_id: UUID | None) -> None:
    """End all sessions of the owner but this one."""
    await execute(
        f"DELETE FROM session WHERE {_OWNER} = $1 AND id IS DISTINCT FROM $2", owner_id, session_id
    )


async def end_all() -> None:
    """After a restore: one that was ended since the backup must not come to life again."""
    await execute("DELETE FROM session")


async def forget_expired(now: datetime) -> None:
    """Retention: sessions that are over."""
    await execute("DELETE FROM session WHERE expires_at <= $1", now)
