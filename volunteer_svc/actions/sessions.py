"""Signing in and out, slips, and a person's own sessions."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.failed_sign_ins import fail_sign_in, sign_in_failed
from volunteer_svc.actions.passwords import (
    forgive,
    right_password,
    signed_in_person,
    trail_name,
)
from volunteer_svc.actions.staff_codes import CodeText, require_code
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.member_number import normalise_member_number
from volunteer_svc.domain.phone import normalise_phone
from volunteer_svc.domain.text import Name, Secret
from volunteer_svc.domain.trail import actor_kind
from volunteer_svc.identity.passwords import hash_password, password_fault
from volunteer_svc.identity.people import phone_hash
from volunteer_svc.identity.permissions import require, require_staff
from volunteer_svc.identity.tokens import token_hash
from volunteer_svc.store.accounts import Credential, VolunteerCredential
from volunteer_svc.store.sessions import OwnSession

SLIP_DAYS = 14
Kind = Literal["staff", "volunteer"]


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Staff by user name, volunteers by member number, or by telephone.

    `member_no`: of volunteers where several share the telephone. `code`: of staff with an
    authenticator app; its six digits, or a recovery code.
    """

    kind: Kind
    name: Name
    password: Secret
    member_no: Name | None = None
    code: CodeText | None = None


class UseSlip(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A volunteer's first password, with the slip the station printed."""

    member_no: Name
    slip: Name
    password: Secret


class Token(msgspec.Struct, frozen=True):
    """A session's token, shown once."""

    token: str
    expires_at: datetime


class Slip(msgspec.Struct, frozen=True):
    slip: str
    expires_at: datetime


async def sign_in(call: Call, request: SignIn, *, hours: int) -> Token:
    """A session. Raises `sign_in_failed` (401), alike for unknown names, wrong passwords, and
    any password while the account waits; `code_required`, `code_wrong` (401) after that."""
    credential: Credential | None = None
    if request.kind == "staff":
        credential = await store.accounts.staff_credential(request.name, call.now)
    else:
        found = await volunteers_named(request.name, request.member_no)
        credential = found[0] if len(found) == 1 else None
    whose = str(credential.owner_id) if credential else f"{request.kind}/{request.name}"
    stored = credential.password_hash if credential else None
    right = await right_password(whose, stored, request.password, call.now)
    if not right or credential is None:
        about = trail_name(request.kind, credential.owner_id) if credential else None
        raise await sign_in_failed(call, "password", about)
    if request.kind == "staff":
        await require_code(call, credential.owner_id, request.code)
    await forgive(whose)
    return await open_session(call, request.kind, credential.owner_id, hours)


async def volunteers_named(name: str, member_no: str | None) -> list[VolunteerCredential]:
    """Whose member number or telephone `name` is: nobody's, one's, or several's (two of them).

    `member_no` tells apart who shares a telephone.
    """
    phone = normalise_phone(name)
    return await store.accounts.volunteers_named(
        normalise_member_number(name),
        phone_hash(phone) if phone else None,
        None if member_no is None else normalise_member_number(member_no) or "",
    )


async def use_slip(call: Call, request: UseSlip, *, hours: int) -> Token:
    """Set a volunteer's password with a slip and sign in. Raises `slip_invalid`."""
    fault = password_fault(request.password)
    if fault is not None:
        raise Refusal(fault)
    try:
        return await _spend_slip(call, request, await hash_password(request.password), hours)
    except Refusal:
        await fail_sign_in(call, "slip", None)
        raise


@command
async def _spend_slip(call: Call, request: UseSlip, password_hash: str, hours: int) -> Token:
    volunteer_id = await store.accounts.use_slip(
        normalise_member_number(request.member_no) or "",
        token_hash(_plain_slip(request.slip)),
        password_hash,
        call.now,
    )
    if volunteer_id is None:
        raise refuse("slip_invalid", "slip")
    await forgive(str(volunteer_id))
    return await _new_session(call, "volunteer", volunteer_id, hours)


@command
async def give_slip(call: Call, volunteer_id: UUID) -> Slip:
    """A one-time slip for somebody standing at the desk with his document."""
    station_id = await store.volunteers.station_of(volunteer_id)
    if station_id is None:
        raise not_found("volunteer")
    require(call.actor, "volunteer.manage", station_id)
    staff = require_staff(call.actor, "volunteer.manage")
    slip, expires_at = ids.receipt(), call.now + timedelta(days=SLIP_DAYS)
    await store.accounts.save_slip(
        volunteer_id, token_hash(_plain_slip(slip)), expires_at, staff.id
    )
    return Slip(slip, expires_at)


async def own_sessions(call: Call, *, after: UUID | None, limit: int) -> list[OwnSession]:
    """Where the person is signed in. Raises `person_required`."""
    owner = signed_in_person(call)
    return await store.sessions.listing(owner.id, call.now, after=after, limit=limit)


@command
async def end_session(call: Call, session_id: UUID | None) -> None:
    """End one of one's own sessions. Raises `not_found`, `person_required`."""
    owner = signed_in_person(call)
    if session_id is None or not await store.sessions.end(owner.id, session_id):
        raise not_found("session")


@command
async def end_other_sessions(call: Call) -> None:
    """Signed in nowhere but here. Raises `person_required`."""
    owner = signed_in_person(call)
    await store.sessions.end_others(owner.id, call.session_id)
    call.notes.changed(trail_name(actor_kind(owner), owner.id))


@command
async def open_session(call: Call, kind: Kind, owner_id: UUID, hours: int) -> Token:
    """For somebody who has just shown who he is."""
    return await _new_session(call, kind, owner_id, hours)


async def _new_session(call: Call, kind: Kind, owner_id: UUID, hours: int) -> Token:
    token, expires_at = ids.token(), call.now + timedelta(hours=hours)
    await store.sessions.insert(
        ids.uuid7(),
        token_hash(token),
        staff_id=owner_id if kind == "staff" else None,
        volunteer_id=owner_id if kind == "volunteer" else None,
        now=call.now,
        expires_at=expires_at,
    )
    call.notes.changed(trail_name(kind, owner_id))
    return Token(token, expires_at)


def _plain_slip(slip: str) -> str:
    return slip.replace("-", "").replace(" ", "").upper()
