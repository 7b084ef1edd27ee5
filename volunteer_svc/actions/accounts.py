"""Staff accounts, and who is behind a token."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.clients import client_of, service_of
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.passwords import forgive
from volunteer_svc.domain.actor import STATION_ROLES, Actor, Anyone, Role, Self, Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.text import Code, Name, Secret
from volunteer_svc.identity.client_keys import PREFIX
from volunteer_svc.identity.passwords import hash_password, password_fault
from volunteer_svc.identity.permissions import CODE_ROLES, require, require_staff
from volunteer_svc.identity.tokens import is_access_token, token_hash
from volunteer_svc.store import database
from volunteer_svc.store.accounts import Account

PASSWORD_DAYS = 3
"""So long a password that was given out is good, if it is not changed before."""


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


class GivenPassword(msgspec.Struct, frozen=True):
    """The password is shown this once; it is good until `account.password_expires_at`."""

    account: Account
    password: str


class Caller(msgspec.Struct, frozen=True):
    """Who is behind a token, and under which session (None: a client's key, or nobody).

    `needs_code`: staff of a role that must have an authenticator app, who has none yet.
    `needs_password`: staff whose password was given out by the administrator.
    """

    actor: Actor
    session_id: UUID | None = None
    needs_code: bool = False
    needs_password: bool = False


async def caller_of(token: str | None, now: datetime) -> Caller:
    """Who a token belongs to. Raises `sign_in_required` for a token that is not valid."""
    if token is None:
        return Caller(Anyone())
    if is_access_token(token):
        service = await service_of(token, now)
        if service is not None:
            return Caller(service)
        raise refuse("sign_in_required", kind="unauthenticated")
    if not token.startswith(PREFIX):
        session = await store.sessions.find(token_hash(token), now)
        if session is not None and session.volunteer_id is not None:
            return Caller(Self(session.volunteer_id), session.id)
        if session is not None and session.staff_id is not None and session.role is not None:
            own = session.own_volunteer_id
            staff = Staff(session.staff_id, session.role, session.station_id, own)
            return Caller(
                staff,
                session.id,
                needs_code=staff.role in CODE_ROLES and not session.has_code,
                needs_password=session.password_given_out,
            )
    client = await client_of(token, now)
    if client is not None:
        return Caller(client)
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
async def reset_password(call: Call, account_id: UUID) -> GivenPassword:
    """A password for somebody who lost his, to be changed before anything else; his sessions end.

    One who came by single sign-on comes by password from now on. Raises `account_own_password`,
    `account_stays_closed` (409), `not_found`, `forbidden`.
    """
    require(call.actor, "account.write")
    before = await store.accounts.lock(account_id)
    if before is None:
        raise not_found("account")
    if account_id == require_staff(call.actor, "account.write").id:
        raise refuse("account_own_password", kind="conflict")
    if before.closed_at is not None:
        raise refuse("account_stays_closed", kind="conflict")
    password, expires_at = ids.receipt(), call.now + timedelta(days=PASSWORD_DAYS)
    await store.accounts.give_password(account_id, await hash_password(password), expires_at)
    await store.sessions.end_others(account_id, None)
    await forgive(str(account_id))
    after = msgspec.structs.replace(
        before, password_expires_at=expires_at, issuer=None, subject=None
    )
    call.notes.changed(None, before, after)
    return GivenPassword(after, password)


@command
async def unlock_account(call: Call, account_id: UUID) -> Account:
    """Lift the wait after failed sign-ins."""
    require(call.actor, "account.write")
    account = await store.accounts.find(account_id)
    if account is None:
        raise not_found("account")
    await forgive(str(account_id))
    return account
