"""Who may sign in or call: staff accounts, volunteers' passwords, client keys, sessions."""

from collections.abc import Collection
from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec

from volunteer_svc.domain.actor import Role
from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch, fetch_row


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A staff account without its password."""

    id: UUID
    username: str
    display_name: str
    role: Role
    station_id: UUID | None
    volunteer_id: UUID | None
    created_at: datetime
    closed_at: datetime | None = None


class ClientRow(msgspec.Struct, frozen=True, kw_only=True):
    """Another service, without its key."""

    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None


class Credential(msgspec.Struct, frozen=True):
    """Whose password it is, and the hash to check it against (None: none is set)."""

    owner_id: UUID
    password_hash: str | None


_ACCOUNT = [getattr(tables.Staff, name) for name in Account.__struct_fields__]


async def insert(account: Account, password_hash: str) -> None:
    """Raises database.Violation when the user name is taken."""
    values = msgspec.structs.asdict(account) | {"password_hash": password_hash}
    await tables.Staff.insert(tables.Staff(**values))


async def find(account_id: UUID) -> Account | None:
    row = await tables.Staff.select(*_ACCOUNT).where(tables.Staff.id == account_id).first()
    return Account(**row) if row else None


async def find_by_username(username: str) -> Account | None:
    row = await tables.Staff.select(*_ACCOUNT).where(tables.Staff.username == username).first()
    return Account(**row) if row else None


async def listing(*, after: str, limit: int) -> list[Account]:
    query = tables.Staff.select(*_ACCOUNT).where(tables.Staff.username > after)
    return [Account(**row) for row in await query.order_by(tables.Staff.username).limit(limit)]


async def lock_open_admins() -> set[UUID]:
    """Ids of the open admin accounts, which nobody else closes until the command ends."""
    rows = await fetch(
        "SELECT id FROM staff WHERE role = 'admin' AND closed_at IS NULL"
        " ORDER BY id FOR NO KEY UPDATE"
    )
    return {row["id"] for row in rows}


async def any_exists() -> bool:
    return await tables.Staff.exists()


async def names(actor_ids: Collection[UUID]) -> dict[UUID, str]:
    """What staff and other services are called, by id."""
    rows = await fetch(
        "SELECT id, display_name FROM staff WHERE id = ANY($1)"
        " UNION ALL SELECT id, name FROM client WHERE id = ANY($1)",
        list(actor_ids),
    )
    return dict(rows)


async def link(account_id: UUID, volunteer_id: UUID | None) -> None:
    """Who the account is as a volunteer. Raises database.Violation when another open one is."""
    await tables.Staff.update({tables.Staff.volunteer_id: volunteer_id}).where(
        tables.Staff.id == account_id
    )


async def close(account_id: UUID, now: datetime) -> None:
    """Close the account and end its sessions; what it recorded stays."""
    await tables.Staff.update({tables.Staff.closed_at: now}).where(
        tables.Staff.id == account_id, tables.Staff.closed_at.is_null()
    )
    await tables.Session.delete().where(tables.Session.staff_id == account_id)


async def staff_credential(username: str) -> Credential | None:
    """The open account of this user name."""
    row = await fetch_row(
        "SELECT id, password_hash FROM staff WHERE username = $1 AND closed_at IS NULL", username
    )
    return Credential(row["id"], row["password_hash"]) if row else None


async def volunteer_credential(member_no: str) -> Credential | None:
    row = await fetch_row(
        "SELECT p.volunteer_id AS id, p.password_hash FROM volunteer v"
        " JOIN volunteer_password p ON p.volunteer_id = coalesce(v.merged_into, v.id)"
        " WHERE v.member_no = $1",
        member_no,
    )
    return Credential(row["id"], row["password_hash"]) if row else None


async def save_slip(
    volunteer_id: UUID, slip_hash: bytes, expires_at: datetime, given_by: UUID
) -> None:
    """A one-time slip that lets the volunteer set a password."""
    await execute(
        "INSERT INTO volunteer_password VALUES ($1, NULL, $2, $3, $4) ON CONFLICT (volunteer_id)"
        " DO UPDATE SET slip_hash = excluded.slip_hash,"
        " slip_expires_at = excluded.slip_expires_at, slip_given_by = excluded.slip_given_by",
        volunteer_id, slip_hash, expires_at, given_by,
    )  # fmt: skip


async def use_slip(
    member_no: str, slip_hash: bytes, password_hash: str, now: datetime
) -> UUID | None:
    """Set the password, spend the slip and end the volunteer's sessions; None when the slip is
    wrong, spent or too old."""
    row = await fetch_row(
        """
        UPDATE volunteer_password p
        SET password_hash = $3, slip_hash = NULL, slip_expires_at = NULL
        FROM volunteer v
        WHERE coalesce(v.merged_into, v.id) = p.volunteer_id AND v.member_no = $1
            AND p.slip_hash = $2 AND p.slip_expires_at > $4
        RETURNING p.volunteer_id
        """,
        member_no, slip_hash, password_hash, now,
    )  # fmt: skip
    if row is None:
        return None
    await execute("DELETE FROM session WHERE volunteer_id = $1", row["volunteer_id"])
    return cast("UUID", row["volunteer_id"])


async def slip_givers(volunteer_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """By volunteer, who gave out the slip to his password: he could be using it himself."""
    rows = await fetch(
        "SELECT volunteer_id, slip_given_by FROM volunteer_password"
        " WHERE volunteer_id = ANY($1) AND slip_given_by IS NOT NULL",
        list(volunteer_ids),
    )
    return dict(rows)


async def insert_client(client: ClientRow, key_hash: bytes) -> None:
    values = msgspec.structs.asdict(client) | {"key_hash": key_hash}
    await tables.Client.insert(tables.Client(**values))


async def client_by_key(key_hash: bytes, now: datetime) -> ClientRow | None:
    row = await fetch_row(
        "SELECT id, name, scopes, created_at, expires_at FROM client"
        " WHERE key_hash = $1 AND (expires_at IS NULL OR expires_at > $2)",
        key_hash, now,
    )  # fmt: skip
    return ClientRow(**row) if row else None


async def open_session(
    token_hash: bytes, *, staff_id: UUID | None, volunteer_id: UUID | None,
    now: datetime, expires_at: datetime,
) -> None:  # fmt: skip
    await execute(
        "INSERT INTO session VALUES ($1, $2, $3, $4, $5)",
        token_hash, staff_id, volunteer_id, now, expires_at,
    )  # fmt: skip


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in under a token: a volunteer, or staff with what the rules need of them."""

    volunteer_id: UUID | None
    staff_id: UUID | None
    role: Role | None
    station_id: UUID | None
    own_volunteer_id: UUID | None


async def session(token_hash: bytes, now: datetime) -> SessionRow | None:
    row = await fetch_row(
        """
        SELECT s.volunteer_id, s.staff_id, a.role, a.station_id, a.volunteer_id AS own_volunteer_id
        FROM session s LEFT JOIN staff a ON a.id = s.staff_id
        WHERE s.token_hash = $1 AND s.expires_at > $2 AND a.closed_at IS NULL
        """,
        token_hash, now,
    )  # fmt: skip
    return SessionRow(**row) if row else None


async def end_session(token_hash: bytes) -> None:
    await execute("DELETE FROM session WHERE token_hash = $1", token_hash)


async def end_all_sessions() -> None:
    """After a restore: one that was ended since the backup must not come to life again."""
    await execute("DELETE FROM session")


async def forget_sessions(now: datetime) -> None:
    """Retention: sessions that are over."""
    await execute("DELETE FROM session WHERE expires_at <= $1", now)
