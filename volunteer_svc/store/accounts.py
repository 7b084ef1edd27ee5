"""Who may sign in: staff accounts and volunteers' passwords."""

from collections.abc import Collection
from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec

from volunteer_svc.domain.actor import Role
from volunteer_svc.store import sessions, tables
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
    password_expires_at: datetime | None = None
    """Of a password that the administrator gave out, until it is changed."""
    issuer: str | None = None
    subject: str | None = None
    """How single sign-on knows who this is; then there is no password."""


class Credential(msgspec.Struct, frozen=True):
    """Whose password it is, and the hash to check it against (None: none is set)."""

    owner_id: UUID
    password_hash: str | None


class VolunteerCredential(Credential, frozen=True):
    """Of a volunteer with a member number; `phone_hash` is that of the telephone on file."""

    phone_hash: bytes | None


_ACCOUNT = [getattr(tables.Staff, name) for name in Account.__struct_fields__]


async def insert(account: Account, password_hash: str | None) -> None:
    """Without a password it has a subject. Raises database.Violation when the user name, or the
    subject, is taken."""
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


async def open_at(station_id: UUID | None) -> list[Account]:
    """The open accounts of a station, or of all (None), by name."""
    query = tables.Staff.select(*_ACCOUNT).where(tables.Staff.closed_at.is_null())
    if station_id is not None:
        query = query.where(tables.Staff.station_id == station_id)
    return [Account(**row) for row in await query.order_by(tables.Staff.display_name)]


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


async def called(text: str) -> list[UUID]:
    """Staff by username or name, other services by name, each in full."""
    rows = await fetch(
        "SELECT id FROM staff WHERE lower(username) = lower($1) OR display_name = $1"
        " UNION ALL SELECT id FROM client WHERE name = $1",
        text,
    )
    return [row["id"] for row in rows]


async def link(account_id: UUID, volunteer_id: UUID | None) -> None:
    """Who the account is as a volunteer. Raises database.Violation when another open one is."""
    await tables.Staff.update({tables.Staff.volunteer_id: volunteer_id}).where(
        tables.Staff.id == account_id
    )


async def lock(account_id: UUID) -> Account | None:
    """The account, which nobody else changes until the command ends."""
    await execute("SELECT 1 FROM staff WHERE id = $1 FOR NO KEY UPDATE", account_id)
    return await find(account_id)


async def known_as(issuer: str, subject: str) -> Account | None:
    """The account of a subject of the issuer, locked; of closed ones the last."""
    row = await fetch_row(
        "SELECT id FROM staff WHERE issuer = $1 AND subject = $2"
        " ORDER BY closed_at DESC NULLS FIRST LIMIT 1 FOR NO KEY UPDATE",
        issuer, subject,
    )  # fmt: skip
    return await find(row["id"]) if row else None


async def sign_on_as(account_id: UUID, issuer: str, subject: str) -> None:
    """From now on by single sign-on, and by no password.

    Raises database.Violation when another open account has the subject.
    """
    await execute(
        "UPDATE staff SET issuer = $2, subject = $3, password_hash = NULL,"
        " password_expires_at = NULL WHERE id = $1",
        account_id, issuer, subject,
    )  # fmt: skip


async def follow_claims(account_id: UUID, role: Role, station_id: UUID | None) -> None:
    """What the account may do from now on, in all its sessions."""
    await execute(
        "UPDATE staff SET role = $2, station_id = $3 WHERE id = $1", account_id, role, station_id
    )


async def give_password(account_id: UUID, password_hash: str, expires_at: datetime) -> None:
    """A password to be changed first, and no single sign-on any more."""
    await execute(
        "UPDATE staff SET password_hash = $2, password_expires_at = $3, issuer = NULL,"
        " subject = NULL WHERE id = $1",
        account_id, password_hash, expires_at,
    )  # fmt: skip


async def close(account_id: UUID, now: datetime) -> None:
    """Close the account and end its sessions; what it recorded stays."""
    await tables.Staff.update({tables.Staff.closed_at: now}).where(
        tables.Staff.id == account_id, tables.Staff.closed_at.is_null()
    )
    await sessions.end_others(account_id, None)


async def staff_credential(username: str, now: datetime) -> Credential | None:
    """The open account of this user name; without a password that was given out and is too old."""
    row = await fetch_row(
        "SELECT id, CASE WHEN password_expires_at <= $2 THEN NULL ELSE password_hash END"
        " AS password_hash FROM staff WHERE username = $1 AND closed_at IS NULL",
        username, now,
    )  # fmt: skip
    return Credential(row["id"], row["password_hash"]) if row else None


async def volunteers_named(
    member_no: str | None, phone_hash: bytes | None, also: str | None
) -> list[VolunteerCredential]:
    """Whose member number or telephone it is; of several at most two. `also`: the member number
    they must have besides. That of a merged duplicate is the kept file's, too."""
    rows = await fetch(
        """
        SELECT v.id, w.password_hash, p.phone_hash
        FROM volunteer v JOIN person p ON p.volunteer_id = v.id
            LEFT JOIN volunteer_password w ON w.volunteer_id = v.id
        WHERE v.id IN (
            SELECT coalesce(merged_into, id) FROM volunteer WHERE member_no = $1
            UNION ALL SELECT volunteer_id FROM person WHERE phone_hash = $2
        ) AND v.member_no IS NOT NULL AND ($3::text IS NULL OR v.id = (
            SELECT coalesce(merged_into, id) FROM volunteer WHERE member_no = $3
        ))
        LIMIT 2
        """,
        member_no, phone_hash, also,
    )  # fmt: skip
    return [VolunteerCredential(*row) for row in rows]


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
    await sessions.end_others(row["volunteer_id"], None)
    return cast("UUID", row["volunteer_id"])


async def password_of(owner_id: UUID) -> Credential:
    """The password of an account or of a volunteer."""
    row = await fetch_row(
        "SELECT password_hash FROM staff WHERE id = $1 UNION ALL"
        " SELECT password_hash FROM volunteer_password WHERE volunteer_id = $1",
        owner_id,
    )
    return Credential(owner_id, row["password_hash"] if row else None)


async def replace_password(owner_id: UUID, old_hash: str, new_hash: str) -> bool:
    """Whether the old password was still in place."""
    row = await fetch_row(
        """
        WITH staff_done AS (
            UPDATE staff SET password_hash = $3, password_expires_at = NULL
            WHERE id = $1 AND password_hash = $2 RETURNING id
        ), volunteer_done AS (
            UPDATE volunteer_password SET password_hash = $3
            WHERE volunteer_id = $1 AND password_hash = $2 RETURNING volunteer_id
        )
        SELECT id FROM staff_done UNION ALL SELECT volunteer_id FROM volunteer_done
        """,
        owner_id, old_hash, new_hash,
    )  # fmt: skip
    return row is not None


async def set_first_password(volunteer_id: UUID, password_hash: str) -> bool:
    """For a volunteer who has none; False: he has."""
    row = await fetch_row(
        "INSERT INTO volunteer_password AS p (volunteer_id, password_hash) VALUES ($1, $2)"
        " ON CONFLICT (volunteer_id) DO UPDATE SET password_hash = excluded.password_hash"
        " WHERE p.password_hash IS NULL RETURNING volunteer_id",
        volunteer_id, password_hash,
    )  # fmt: skip
    return row is not None


async def note_phone_setter(volunteer_ids: Collection[UUID], staff_id: UUID) -> None:
    """Who of the staff wrote these volunteers' telephones down: codes may go to his own."""
    await execute(
        "INSERT INTO volunteer_password (volunteer_id, phone_set_by) SELECT unnest($1::uuid[]), $2"
        " ON CONFLICT (volunteer_id) DO UPDATE SET phone_set_by = excluded.phone_set_by",
        list(volunteer_ids), staff_id,
    )  # fmt: skip


async def note_code_used(volunteer_id: UUID) -> None:
    """Somebody has signed in with a code sent to the telephone written down."""
    await execute(
        "UPDATE volunteer_password SET code_reach_by = phone_set_by"
        " WHERE volunteer_id = $1 AND phone_set_by IS NOT NULL",
        volunteer_id,
    )


async def in_reach(volunteer_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """By volunteer, who of the staff could have signed in as him: who gave out the slip to the
    password, who wrote down the telephone that a code was used from."""
    rows = await fetch(
        "SELECT volunteer_id, slip_given_by, code_reach_by FROM volunteer_password"
        " WHERE volunteer_id = ANY($1)",
        list(volunteer_ids),
    )
    return {volunteer_id: frozenset(staff) - {None} for volunteer_id, *staff in rows}
