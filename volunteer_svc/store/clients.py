"""Other services, and their keys (hashed): one key that goes on, at most one more that ends."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.store import tables
from volunteer_svc.store.database import execute, fetch, fetch_row


class ClientRow(msgspec.Struct, frozen=True, kw_only=True):
    """Another service, without its keys."""

    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    closed_at: datetime | None = None
    issuer: str | None = None
    subject: str | None = None
    """How single sign-on knows the service: `sub` of its access tokens."""


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its secret; `hint`: how it begins. `last_used_at` is right to the minute."""

    hint: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = None


class KeyOwner(msgspec.Struct, frozen=True):
    """What a request with a key needs to know."""

    client_id: UUID
    scopes: list[str]
    last_used_at: datetime | None


_CLIENT = [getattr(tables.Client, name) for name in ClientRow.__struct_fields__]


async def insert(client: ClientRow) -> None:
    await tables.Client.insert(tables.Client(**msgspec.structs.asdict(client)))


async def add_key(client_id: UUID, key: KeyRow, key_hash: bytes) -> None:
    values = msgspec.structs.asdict(key) | {"client_id": client_id, "key_hash": key_hash}
    await tables.ClientKey.insert(tables.ClientKey(**values))


async def lock(client_id: UUID) -> ClientRow | None:
    row = await fetch_row(
        "SELECT id, name, scopes, created_at, closed_at, issuer, subject FROM client"
        " WHERE id = $1 FOR UPDATE",
        client_id,
    )
    return ClientRow(**row) if row else None


async def listing(*, after: UUID | None, limit: int) -> list[ClientRow]:
    query = tables.Client.select(*_CLIENT)
    if after is not None:
        query = query.where(tables.Client.id > after)
    return [ClientRow(**row) for row in await query.order_by(tables.Client.id).limit(limit)]


async def living_keys(client_ids: Collection[UUID], now: datetime) -> dict[UUID, list[KeyRow]]:
    """By client, the keys that still open something, the newest first."""
    rows = await fetch(
        "SELECT client_id, hint, created_at, expires_at, last_used_at FROM client_key"
        " WHERE client_id = ANY($1) AND (expires_at IS NULL OR expires_at > $2)"
        " ORDER BY created_at DESC, expires_at DESC NULLS FIRST",
        list(client_ids), now,
    )  # fmt: skip
    keys: dict[UUID, list[KeyRow]] = {client_id: [] for client_id in client_ids}
    for client_id, *fields in rows:
        keys[client_id].append(KeyRow(**dict(zip(KeyRow.__struct_fields__, fields, strict=True))))
    return keys


async def end_keys(client_id: UUID, now: datetime, *, newest_until: datetime) -> None:
    """All living keys end now, but the newest goes on until `newest_until`, if it lives so long."""
    await execute(
        """
        UPDATE client_key k
        SET expires_at = least(k.expires_at, CASE WHEN n.newest THEN $3 ELSE $2 END)
        FROM (SELECT key_hash, row_number() OVER (
                  ORDER BY created_at DESC, expires_at DESC NULLS FIRST) = 1 AS newest
              FROM client_key
              WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > $2)) n
        WHERE k.key_hash = n.key_hash
        """,
        client_id, now, newest_until,
    )  # fmt: skip


async def close(client_id: UUID, now: datetime) -> None:
    """No key of it opens anything any more."""
    await execute("UPDATE client SET closed_at = $2 WHERE id = $1", client_id, now)
    await end_keys(client_id, now, newest_until=now)


async def by_key(key_hash: bytes, now: datetime) -> KeyOwner | None:
    """Whose key this is, while it lives."""
    row = await fetch_row(
        "SELECT k.client_id, c.scopes, k.last_used_at FROM client_key k"
        " JOIN client c ON c.id = k.client_id"
        " WHERE k.key_hash = $1 AND (k.expires_at IS NULL OR k.expires_at > $2)"
        " AND c.closed_at IS NULL",
        key_hash, now,
    )  # fmt: skip
    return KeyOwner(*row) if row else None


async def sign_on_as(client_id: UUID, issuer: str | None, subject: str | None) -> None:
    """Raises database.Violation when another open client has the subject."""
    await execute(
        "UPDATE client SET issuer = $2, subject = $3 WHERE id = $1", client_id, issuer, subject
    )


async def known_as(issuer: str, subject: str) -> ClientRow | None:
    """The open client of a subject of the issuer."""
    row = await fetch_row(
        "SELECT id, name, scopes, created_at, closed_at, issuer, subject FROM client"
        " WHERE issuer = $1 AND subject = $2 AND closed_at IS NULL",
        issuer, subject,
    )  # fmt: skip
    return ClientRow(**row) if row else None


async def note_uses(uses: Mapping[bytes, datetime]) -> None:
    """When keys were last used; an earlier instant changes nothing."""
    await execute(
        "UPDATE client_key k SET last_used_at = u.at"
        " FROM unnest($1::bytea[], $2::timestamptz[]) AS u (key_hash, at)"
        " WHERE k.key_hash = u.key_hash AND (k.last_used_at IS NULL OR k.last_used_at < u.at)",
        list(uses), list(uses.values()),
    )  # fmt: skip
