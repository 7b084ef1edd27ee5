"""One-time codes of staff: enrolling an app, asking for its code, recovery, removal."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.failed_sign_ins import fail_sign_in
from volunteer_svc.actions.passwords import require_password, signed_in_person, trail_name
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.one_time_code import matching_step, otpauth_uri, secret_text
from volunteer_svc.domain.text import Secret
from volunteer_svc.identity.permissions import require
from volunteer_svc.identity.vault import vault
from volunteer_svc.store.accounts import Account

RECOVERY_CODES = 10
CodeText = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[0-9A-Za-z -]+$")]
"""Six digits, or a recovery code."""


class WithPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The present password once more: a session left open is not enough for this."""

    present: Secret


class ConfirmCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The six digits that the app shows now."""

    code: CodeText


class NewSecret(msgspec.Struct, frozen=True):
    """Shown this once: the secret to type into the app, and as `otpauth:` URI for a QR code."""

    secret: str
    uri: str


class RecoveryCodes(msgspec.Struct, frozen=True):
    """Shown this once; each stands for a code of the app one time."""

    recovery_codes: list[str]


async def enrol_code(call: Call, request: WithPassword) -> NewSecret:
    """Begin with a new app. Raises `password_wrong`, `code_enrolled` (409), `staff_only`."""
    staff = _staff(call)
    await require_password(call, staff, request.present)
    account = await store.accounts.find(staff.id)
    if account is None:
        raise not_found("account")
    secret = ids.seed()
    await _enrol_code(call, account.id, secret)
    return NewSecret(secret_text(secret), otpauth_uri(secret, account.username))


@command
async def confirm_code(call: Call, request: ConfirmCode) -> RecoveryCodes:
    """The app works: its code is asked for from now on, and other sessions end.

    Raises `code_not_begun` (409), `code_wrong`, `staff_only`.
    """
    staff = _staff(call)
    row = await store.staff_codes.find(staff.id)
    if row is None or row.confirmed_at is not None:
        raise refuse("code_not_begun", kind="conflict")
    step = matching_step(_open(row.secret_sealed, staff.id), request.code, call.now, row.last_step)
    if step is None:
        raise refuse("code_wrong", "code")
    if not await store.staff_codes.confirm(staff.id, row.secret_sealed, step, call.now):
        raise refuse("code_not_begun", kind="conflict")
    codes = [ids.receipt() for _ in range(RECOVERY_CODES)]
    await store.staff_codes.save_recovery_codes(
        staff.id, [_recovery_hash(staff.id, code) for code in codes]
    )
    # They were opened without the code.
    await store.sessions.end_others(staff.id, call.session_id)
    call.notes.changed(trail_name("staff", staff.id))
    return RecoveryCodes(codes)


async def remove_code(call: Call, request: WithPassword) -> None:
    """Give an app up, say for a new telephone. Raises `password_wrong`, `code_not_begun` (409)."""
    staff = _staff(call)
    await require_password(call, staff, request.present)
    await _remove_code(call, staff.id)


@command
async def remove_code_of(call: Call, account_id: UUID) -> Account:
    """An administrator's: for somebody who has lost telephone and recovery codes."""
    require(call.actor, "account.write")
    account = await store.accounts.find(account_id)
    if account is None:
        raise not_found("account")
    await store.staff_codes.remove(account_id)
    return account


async def require_code(call: Call, staff_id: UUID, code: str | None) -> None:
    """The second half of a sign-in, once the password was right.

    Raises `code_required` or `code_wrong` (401) for who is enrolled. A code is good once.
    """
    row = await store.staff_codes.find(staff_id)
    if row is None or row.confirmed_at is None:
        return
    if code is None:
        raise refuse("code_required", "code", kind="unauthenticated")
    step = matching_step(_open(row.secret_sealed, staff_id), code, call.now, row.last_step)
    if step is not None and await store.staff_codes.advance(staff_id, step):
        return
    if not await store.staff_codes.spend_recovery_code(staff_id, _recovery_hash(staff_id, code)):
        await fail_sign_in(call, "one_time_code", trail_name("staff", staff_id))
        raise refuse("code_wrong", "code", kind="unauthenticated")


@command
async def _enrol_code(call: Call, account_id: UUID, secret: bytes) -> None:
    if not await store.staff_codes.enrol(account_id, _seal(secret, account_id), call.now):
        raise refuse("code_enrolled", kind="conflict")


@command
async def _remove_code(call: Call, account_id: UUID) -> None:
    if not await store.staff_codes.remove(account_id):
        raise refuse("code_not_begun", kind="conflict")
    call.notes.changed(trail_name("staff", account_id))


def _staff(call: Call) -> Staff:
    person = signed_in_person(call)
    if not isinstance(person, Staff):
        raise refuse("staff_only", kind="forbidden")
    return person


def _recovery_hash(staff_id: UUID, code: str) -> bytes:
    plain = code.replace("-", "").replace(" ", "").upper()
    return vault().keyed_hash("recovery code", f"{staff_id}/{plain}")


def _seal(secret: bytes, staff_id: UUID) -> bytes:
    return vault().seal(secret, place(staff_id))


def _open(sealed: bytes, staff_id: UUID) -> bytes:
    return vault().open(sealed, place(staff_id))


def place(staff_id: UUID) -> str:
    """Where a sealed secret belongs."""
    return f"staff/{staff_id}/code"
