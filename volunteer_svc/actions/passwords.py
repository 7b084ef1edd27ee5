"""Checking passwords, with the growing wait after failures; changing one's own."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.failed_sign_ins import fail_sign_in
from volunteer_svc.domain.actor import Anyone, Self, Staff
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.domain.lock_out import WAITS_SECONDS
from volunteer_svc.domain.text import Secret
from volunteer_svc.domain.trail import actor_kind
from volunteer_svc.identity.passwords import hash_password, password_fault, verify_password
from volunteer_svc.identity.vault import vault

FIRST_PASSWORD_WITHIN = timedelta(minutes=15)
"""Of the sign-in by code: an open session found later must not become a password."""


class ChangePassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One's own password, with the present one; without it a volunteer's first."""

    new: Secret
    present: Secret | None = None


async def right_password(whose: str, stored: str | None, password: str, now: datetime) -> bool:
    """Whether an attempt at a password is good: the password right, and no wait running.

    An attempt during the wait is worth nothing, also with the right password, and does all the
    work of a wrong one: who guesses learns of no hit, and not whether somebody is known (`stored`
    None: nobody, or somebody without a password). `forgive` when all else was right, too.
    """
    allowed = await store.sign_in_attempts.begin(attempts_at(whose), now, WAITS_SECONDS)
    right = await verify_password(stored, password)
    return allowed and right


async def forgive(whose: str) -> None:
    """Failures are forgotten: the owner came, or an administrator lifts the wait."""
    await store.sign_in_attempts.forget(attempts_at(whose))


def attempts_at(whose: str) -> bytes:
    """Where attempts are counted: `whose` is an owner's id, or a name that nobody has."""
    return vault().keyed_hash("sign-in", whose)


async def change_password(call: Call, request: ChangePassword) -> None:
    """Raises `password_wrong`, `password_same`, `password_too_short`, `person_required`, and
    `sign_in_again` for a first password; ends other sessions."""
    owner = signed_in_person(call)
    fault = password_fault(request.new, "new")
    if fault is not None:
        raise Refusal(fault)
    if request.present is None:
        await _set_first_password(call, owner, await hash_password(request.new))
        return
    old = await require_password(call, owner, request.present)
    if request.new == request.present:  # one that was given out is known to two
        raise refuse("password_same", "new")
    await _change_password(call, owner, old, await hash_password(request.new))


@command
async def _set_first_password(call: Call, owner: Staff | Self, password_hash: str) -> None:
    """For a volunteer who came by a code: his telephone has just shown who he is."""
    if not isinstance(owner, Self):
        raise _wrong()
    opened_at = await store.sessions.opened_at(call.session_id) if call.session_id else None
    if opened_at is None or call.now - opened_at > FIRST_PASSWORD_WITHIN:
        raise refuse("sign_in_again", "present", minutes=FIRST_PASSWORD_WITHIN.seconds // 60)
    if not await store.accounts.set_first_password(owner.id, password_hash):
        raise _wrong()  # he has one
    await store.sessions.end_others(owner.id, call.session_id)
    call.notes.changed(trail_name(actor_kind(owner), owner.id))


async def require_password(call: Call, owner: Staff | Self, password: str) -> str:
    """The stored hash of somebody signed in who has just given the password again.

    A stolen session must not be worth more than itself: attempts count as those at sign-in.
    Raises `password_wrong`.
    """
    credential = await store.accounts.password_of(owner.id)
    right = await right_password(str(owner.id), credential.password_hash, password, call.now)
    if not right or credential.password_hash is None:
        await fail_sign_in(call, "password_again", trail_name(actor_kind(owner), owner.id))
        raise _wrong()
    await forgive(str(owner.id))
    return credential.password_hash


def trail_name(kind: str, owner_id: UUID) -> str:
    """What the trail calls whose session or password it is: `staff` have an account."""
    return f"{'account' if kind == 'staff' else 'volunteer'}/{owner_id}"


def signed_in_person(call: Call) -> Staff | Self:
    """Raises `sign_in_required` (401); `person_required` (403) for another service's key."""
    if isinstance(call.actor, Anyone):
        raise refuse("sign_in_required", kind="unauthenticated")
    if not isinstance(call.actor, Staff | Self):
        raise refuse("person_required", kind="forbidden")
    return call.actor


@command
async def _change_password(call: Call, owner: Staff | Self, old_hash: str, new_hash: str) -> None:
    if not await store.accounts.replace_password(owner.id, old_hash, new_hash):
        raise _wrong()  # somebody changed it meanwhile
    await store.sessions.end_others(owner.id, call.session_id)
    call.notes.changed(trail_name(actor_kind(owner), owner.id))


def _wrong() -> Refusal:
    return refuse("password_wrong", "present")
