"""Other services: their keys made, rotated with an overlap, closed; whose key a request carries."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions import endpoints
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.actor import Client
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.sign_on import Subject, scopes_of
from volunteer_svc.domain.text import Name
from volunteer_svc.identity.client_keys import PREFIX, hint, is_key, new_key
from volunteer_svc.identity.permissions import SCOPES, require
from volunteer_svc.identity.sign_on import (
    BadTokenError,
    NotAnsweringError,
    is_on,
    issuer,
    unavailable,
)
from volunteer_svc.identity.tokens import token_hash
from volunteer_svc.store import database
from volunteer_svc.store.clients import ClientRow, KeyRow

EXPIRY_YEARS = range(2020, 2200)
"""Beyond these an instant may have no place in UTC."""
OVERLAP_DAYS = 7
OVERLAP_DAYS_MAX = 90
USE_EVERY = timedelta(minutes=1)
"""The last use of a key is written no oftener."""
_WRITE_SECONDS = 10.0
_logger = logging.getLogger(__name__)


class NewClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    scopes: Annotated[list[Name], Meta(min_length=1, max_length=16)]
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class RotateKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`old_until`: how long the key of today goes on beside the new one; 7 days unless said.

    An instant that is past ends it at once.
    """

    old_until: Annotated[datetime, Meta(tz=True)] | None = None
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class LinkSubject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`sub` of somebody, or some service, at the issuer."""

    subject: Subject


class ClientView(ClientRow, frozen=True, kw_only=True):
    """Another service with the keys that still open something, the newest first."""

    keys: list[KeyRow]


class ClientKey(msgspec.Struct, frozen=True):
    """The key is shown this once."""

    client: ClientView
    key: str


@command
async def add_client(call: Call, request: NewClient) -> ClientKey:
    """Raises `scope_unknown`, `expiry_out_of_range`, `expiry_in_past`, `forbidden`."""
    require(call.actor, "client.write")
    unknown = set(request.scopes) - SCOPES
    if unknown:
        raise refuse("scope_unknown", "scopes", known=", ".join(sorted(SCOPES)))
    client = ClientRow(
        id=ids.uuid7(),
        name=request.name,
        scopes=sorted(set(request.scopes)),
        created_at=call.now,
    )
    await store.clients.insert(client)
    call.notes.changed(f"client/{client.id}", None, client, scopes=client.scopes)
    return await _with_new_key(call, client, request.expires_at)


@reading
async def clients(call: Call, *, after: UUID | None, limit: int) -> list[ClientView]:
    """All of them, closed ones too, in the order they were made."""
    require(call.actor, "client.write")
    rows = await store.clients.listing(after=after, limit=limit)
    keys = await store.clients.living_keys([row.id for row in rows], call.now)
    return [_view(row, keys[row.id]) for row in rows]


@command
async def rotate_key(call: Call, client_id: UUID, request: RotateKey) -> ClientKey:
    """A new key; the one of today goes on until `old_until`, an earlier one ends at once.

    Raises `overlap_out_of_range`, `client_closed` (409), `not_found`, and as `add_client`.
    """
    require(call.actor, "client.write")
    client = await store.clients.lock(client_id)
    if client is None:
        raise not_found("client")
    if client.closed_at is not None:
        raise refuse("client_closed", kind="conflict")
    longest = call.now + timedelta(days=OVERLAP_DAYS_MAX)
    old_until = request.old_until or call.now + timedelta(days=OVERLAP_DAYS)
    if old_until > longest:
        raise refuse("overlap_out_of_range", "old_until", days=OVERLAP_DAYS_MAX)
    old_until = max(old_until, call.now)
    await store.clients.end_keys(client_id, call.now, newest_until=old_until)
    call.notes.changed(f"client/{client_id}", old_until=old_until.isoformat())
    return await _with_new_key(call, client, request.expires_at)


@command
async def close_client(call: Call, client_id: UUID) -> ClientView:
    """All its keys and webhooks end at once. It stays closed; another one is made instead."""
    require(call.actor, "client.write")
    client = await store.clients.lock(client_id)
    if client is None:
        raise not_found("client")
    if client.closed_at is None:
        closed = msgspec.structs.replace(client, closed_at=call.now)
        await store.clients.close(client_id, call.now)
        await endpoints.disable_all_of(call, client_id)
        call.notes.changed(None, client, closed)
        client = closed
    return _view(client, [])


@command
async def link_client_subject(call: Call, client_id: UUID, request: LinkSubject) -> ClientView:
    """Take the issuer's access tokens of this subject for the client's.

    Raises `subject_linked_elsewhere`, `client_closed` (409), `sign_on_off`, `not_found`.
    """
    require(call.actor, "client.write")
    name = issuer().config.sso_issuer
    before = await store.clients.lock(client_id)
    if before is None:
        raise not_found("client")
    if before.closed_at is not None:
        raise refuse("client_closed", kind="conflict")
    try:
        await store.clients.sign_on_as(client_id, name, request.subject)
    except database.Violation:
        raise refuse("subject_linked_elsewhere", "subject", kind="conflict") from None
    after = msgspec.structs.replace(before, issuer=name, subject=request.subject)
    call.notes.changed(None, before, after)
    keys = await store.clients.living_keys([client_id], call.now)
    return _view(after, keys[client_id])


async def service_of(token: str, now: datetime) -> Client | None:
    """Whose access token of the issuer this is: what the token names, of what the client has.

    Raises `sign_on_unavailable` (503) while the issuer's keys are not to be had.
    """
    if not is_on() or not issuer().config.sso_audience:
        return None
    there = issuer()
    try:
        checked = await there.checked(token, there.config.sso_audience, now)
    except BadTokenError:
        return None
    except NotAnsweringError:
        raise unavailable() from None
    client = await store.clients.known_as(checked.claims.iss, checked.claims.sub)
    if client is None:
        return None
    ours = dict(one.split("=", 1) for one in there.config.sso_client_scopes)
    return Client(client.id, frozenset(client.scopes) & scopes_of(checked.every, ours))


async def client_of(key: str, now: datetime) -> Client | None:
    """Whose key this is. Its use is noted here and written by `writing_uses`, not by the request.

    Keys from before the prefix have neither it nor a checksum.
    """
    if key.startswith(PREFIX) and not is_key(key):
        return None
    key_hash = token_hash(key)
    owner = await store.clients.by_key(key_hash, now)
    if owner is None:
        return None
    if owner.last_used_at is None or now - owner.last_used_at >= USE_EVERY:
        _uses[key_hash] = now
    return Client(owner.client_id, frozenset(owner.scopes))


_uses: dict[bytes, datetime] = {}
"""Noted and not written yet; of keys that exist, so there are few."""


@asynccontextmanager
async def writing_uses() -> AsyncIterator[None]:
    """For the life of a process that serves: writes every few seconds which keys were used."""
    writer = asyncio.create_task(_write_for_ever())
    try:
        yield
    finally:
        writer.cancel()
        with suppress(asyncio.CancelledError):
            await writer
        await write_uses()


async def _write_for_ever() -> None:
    while True:
        await asyncio.sleep(_WRITE_SECONDS)
        await write_uses()


async def write_uses() -> None:
    """Write what was noted; while the database is away it waits for the next time."""
    if not _uses:
        return
    noted = dict(_uses)
    try:
        await store.clients.note_uses(noted)
    except database.LOST:
        _logger.warning("the last use of keys is not written: the database is away")
        return
    for key_hash, used_at in noted.items():
        if _uses.get(key_hash) == used_at:
            del _uses[key_hash]


async def _with_new_key(call: Call, client: ClientRow, expires_at: datetime | None) -> ClientKey:
    if expires_at is not None and expires_at.year not in EXPIRY_YEARS:
        raise refuse("expiry_out_of_range", "expires_at")
    if expires_at is not None and expires_at <= call.now:
        raise refuse("expiry_in_past", "expires_at")
    key = new_key()
    row = KeyRow(hint=hint(key), created_at=call.now, expires_at=expires_at)
    await store.clients.add_key(client.id, row, token_hash(key))
    keys = await store.clients.living_keys([client.id], call.now)
    return ClientKey(_view(client, keys[client.id]), key)


def _view(client: ClientRow, keys: list[KeyRow]) -> ClientView:
    return ClientView(**msgspec.structs.asdict(client), keys=keys)
