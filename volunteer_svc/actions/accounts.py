"""Accounts, slips, keys and signing in."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.actor import STATION_ROLES, Actor, Anyone, Client, Role, Self, Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.member_number import normalise_member_number
from volunteer_svc.domain.text import Code, Name, Secret
from volunteer_svc.domain.trail import actor_kind
from volunteer_svc.identity.passwords import hash_password, password_fault, verify_password
from volunteer_svc.identity.permissions import SCOPES, require, require_staff
from volunteer_svc.identity.tokens import token_hash
from volunteer_svc.store import database
from volunteer_svc.store.accounts import Account, ClientRow

SLIP_DAYS = 14
EXPIRY_YEARS = range(2020, 2200)
"""Beyond these an instant may have no place in UTC."""
_OWNERS = {"staff": "account", "volunteer": "volunteer"}
"""What the trail calls whose session it is."""


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Staff by user name, volunteers by member number."""

    kind: Literal["staff", "volunteer"]
    name: Name
    password: Secret


class UseSlip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A volunteer's first password, with the slip the station printed."""

    member_no: Name
    slip: Name
    password: Secret


class Token(msgspec.Struct, frozen=True):
    """Shown once; send it as `Authorization: Bearer …`."""

    token: str
    expires_at: datetime


class Slip(msgspec.Struct, frozen=True):
    slip: str
    expires_at: datetime


class NewAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`station_id` for station roles only; `volunteer_id` if the person volunteers, too."""

    username: Code
    display_name: Name
    password: Secret
    role: Role
    station_id: UUID | None = None
    volunteer_id: UUID | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same person as a volunteer; null: none."""

    volunteer_id: UUID | None


class NewClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    scopes: Annotated[list[Name], Meta(min_length=1, max_length=16)]
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class ClientKey(msgspec.Struct, frozen=True):
    """The key is shown this once."""

    client: ClientRow
    key: str


async def sign_in(call: Call, request: SignIn, *, hours: int) -> Token:
    """A session. Raises `sign_in_failed` (401), alike for unknown names and wrong passwords."""
    if request.kind == "staff":
        credential = await store.accounts.staff_credential(request.name)
    else:
        number = normalise_member_number(request.name)
        credential = await store.accounts.volunteer_credential(number) if number else None
    stored = credential.password_hash if credential else None
    if not await verify_password(stored, request.password) or credential is None:
        raise refuse("sign_in_failed", kind="unauthenticated")
    return await _open_session(call, request.kind, credential.owner_id, hours)


async def use_slip(call: Call, request: UseSlip, *, hours: int) -> Token:
    """Set a volunteer's password with a slip and sign in. Raises `slip_invalid`."""
    fault = password_fault(request.password)
    if fault is not None:
        raise Refusal(fault)
    hashed = await hash_password(request.password)
    return await _spend_slip(call, request, hashed, hours)


@command
async def _spend_slip(call: Call, request: UseSlip, hashed: str, hours: int) -> Token:
    volunteer_id = await store.accounts.use_slip(
        normalise_member_number(request.member_no) or "",
        token_hash(_plain_slip(request.slip)),
        hashed,
        call.now,
    )
    if volunteer_id is None:
        raise refuse("slip_invalid", "slip")
    return await _new_session(call, "volunteer", volunteer_id, hours)


@command
async def give_slip(call: Call, volunteer_id: UUID) -> Slip:
    """A one-time slip for somebody standing at the desk with his document."""
    station_id = await store.volunteers.station_of(volunteer_id)
    if station_id is None:
        raise not_found("volunteer")
    require(call.actor, "volunteer.write", station_id)
    staff = require_staff(call.actor, "volunteer.write")
    slip, expires_at = ids.receipt(), call.now + timedelta(days=SLIP_DAYS)
    await store.accounts.save_slip(
        volunteer_id, token_hash(_plain_slip(slip)), expires_at, staff.id
    )
    return Slip(slip, expires_at)


@command
async def sign_out(call: Call, token: str) -> None:
    await store.accounts.end_session(token_hash(token))
    if isinstance(call.actor, Staff | Self):
        call.notes.changed(f"{_OWNERS[actor_kind(call.actor)]}/{call.actor.id}")


async def actor_of(token: str | None, now: datetime) -> Actor:
    """Who a bearer token belongs to. Raises `sign_in_required` for a token that is not valid."""
    if token is None:
        return Anyone()
    hashed = token_hash(token)
    session = await store.accounts.session(hashed, now)
    if session is not None and session.volunteer_id is not None:
        return Self(session.volunteer_id)
    if session is not None and session.staff_id is not None and session.role is not None:
        return Staff(session.staff_id, session.role, session.station_id, session.own_volunteer_id)
    client = await store.accounts.client_by_key(hashed, now)
    if client is not None:
        return Client(client.id, frozenset(client.scopes))
    raise refuse("sign_in_required", kind="unauthenticated")


@command
async def add_account(call: Call, request: NewAccount) -> Account:
    """Raises `account_exists` (409), `password_too_short`, `role_needs_station`, `forbidden`."""
    require(call.actor, "account.write")
    return await new_account(call, request)


async def new_account(call: Call, request: NewAccount) -> Account:
    """Write an account inside the running command, whoever asks: the first one has nobody to."""
    fault = password_fault(request.password)
    if fault is not None:
        raise Refusal(fault)
    if (request.role in STATION_ROLES) != (request.station_id is not None):
        raise refuse("role_needs_station", "station_id", role=request.role)
    if request.station_id and not await store.stations.is_open(
        request.station_id, local_date(call.now)
    ):
        raise refuse("station_unknown", "station_id")
    await _require_free(request.volunteer_id)
    account = Account(
        id=ids.uuid7(),
        username=request.username,
        display_name=request.display_name,
        role=request.role,
        station_id=request.station_id,
        volunteer_id=request.volunteer_id,
        created_at=call.now,
    )
    try:
        await store.accounts.insert(account, await hash_password(request.password))
    except database.Violation as violation:
        if violation.constraint_name == "staff_volunteer":
            raise _linked_elsewhere() from None
        raise refuse("account_exists", "username", kind="conflict") from None
    call.notes.changed(f"account/{account.id}", None, account)
    return account


@reading
async def accounts(call: Call, *, after: str, limit: int) -> list[Account]:
    require(call.actor, "account.write")
    return await store.accounts.listing(after=after, limit=limit)


@command
async def link_account(call: Call, account_id: UUID, request: Link) -> Account:
    """Say who of the staff volunteers, too: nobody enters or approves hours of his own.

    Raises `volunteer_linked_elsewhere` (409), `volunteer_unknown`, `not_found`, `forbidden`.
    """
    require(call.actor, "account.write")
    account = await store.accounts.find(account_id)
    if account is None:
        raise not_found("account")
    await _require_free(request.volunteer_id)
    try:
        await store.accounts.link(account_id, request.volunteer_id)
    except database.Violation:
        raise _linked_elsewhere() from None
    linked = msgspec.structs.replace(account, volunteer_id=request.volunteer_id)
    call.notes.changed(None, account, linked)
    return linked


async def _require_free(volunteer_id: UUID | None) -> None:
    if volunteer_id is not None and await store.volunteers.station_of(volunteer_id) is None:
        raise refuse("volunteer_unknown", "volunteer_id")


def _linked_elsewhere() -> Refusal:
    return refuse("volunteer_linked_elsewhere", "volunteer_id", kind="conflict")


@command
async def close_account(call: Call, account_id: UUID) -> Account:
    """A leaver's account: sessions end at once, what was recorded stays.

    Raises `account_is_own`, `account_last_admin` (409), `not_found`, `forbidden`.
    """
    require(call.actor, "account.write")
    # Locked: of two admins who close each other at the same moment, one remains.
    admins = await store.accounts.lock_open_admins()
    before = await store.accounts.find(account_id)
    if before is None:
        raise not_found("account")
    if account_id == require_staff(call.actor, "account.write").id:
        raise refuse("account_is_own", kind="conflict")
    if admins == {account_id}:
        raise refuse("account_last_admin", kind="conflict")
    await store.accounts.close(account_id, call.now)
    after = await store.accounts.find(account_id) or before
    call.notes.changed(None, before, after)
    return after


@command
async def add_client(call: Call, request: NewClient) -> ClientKey:
    """A key for another service. Raises `scope_unknown`, `expiry_out_of_range`, `forbidden`."""
    require(call.actor, "account.write")
    unknown = set(request.scopes) - SCOPES
    if unknown:
        raise refuse("scope_unknown", "scopes", known=", ".join(sorted(SCOPES)))
    if request.expires_at is not None and request.expires_at.year not in EXPIRY_YEARS:
        raise refuse("expiry_out_of_range", "expires_at")
    key = ids.token()
    client = ClientRow(
        id=ids.uuid7(),
        name=request.name,
        scopes=sorted(set(request.scopes)),
        created_at=call.now,
        expires_at=request.expires_at,
    )
    await store.accounts.insert_client(client, token_hash(key))
    call.notes.changed(f"client/{client.id}", None, client, scopes=client.scopes)
    return ClientKey(client, key)


@command
async def _open_session(
    call: Call, kind: Literal["staff", "volunteer"], owner_id: UUID, hours: int
) -> Token:
    return await _new_session(call, kind, owner_id, hours)


async def _new_session(
    call: Call, kind: Literal["staff", "volunteer"], owner_id: UUID, hours: int
) -> Token:
    token, expires_at = ids.token(), call.now + timedelta(hours=hours)
    await store.accounts.open_session(
        token_hash(token),
        staff_id=owner_id if kind == "staff" else None,
        volunteer_id=owner_id if kind == "volunteer" else None,
        now=call.now,
        expires_at=expires_at,
    )
    call.notes.changed(f"{_OWNERS[kind]}/{owner_id}")
    return Token(token, expires_at)


def _plain_slip(slip: str) -> str:
    return slip.replace("-", "").replace(" ", "").upper()
