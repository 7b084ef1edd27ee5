"""Single sign-on: staff come from the main platform's issuer, and their claims say what they may.

What is to come back is sealed into a cookie of the browser that set out: nothing is stored for
strangers, and nobody else's browser can end what this one began.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.clients import LinkSubject
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.failed_sign_ins import fail_sign_in
from volunteer_svc.actions.sessions import Token
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Role
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.sign_on import (
    Granted,
    granted,
    has_second_factor,
    is_of_this_sign_on,
    is_own_path,
)
from volunteer_svc.identity.permissions import CODE_ROLES, require
from volunteer_svc.identity.sign_on import (
    BadTokenError,
    Checked,
    NotAnsweringError,
    issuer,
    unavailable,
)
from volunteer_svc.identity.tokens import token_hash
from volunteer_svc.identity.vault import VaultError, vault
from volunteer_svc.store import database
from volunteer_svc.store.accounts import Account

if TYPE_CHECKING:
    from volunteer_svc.identity.issuer import Issuer

CALLBACK = "/v1/sign-on/callback"
ATTEMPT_SECONDS = 600
"""So long somebody may take at the issuer."""
_PLACE = "sign-on"
_NAME_MAX = 64


class Attempt(msgspec.Struct, frozen=True):
    """What must come back to the same browser, with where it wanted to go."""

    state: str
    nonce: str
    verifier: str
    return_to: str
    ends_at: datetime


class SetOut(msgspec.Struct, frozen=True):
    """Where to send the browser, and what it keeps meanwhile."""

    url: str
    sealed: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the browser brings back from the issuer; `sealed`: its cookie."""

    sealed: str | None
    state: str | None = None
    code: str | None = None
    iss: str | None = None


async def set_out(call: Call, return_to: str) -> SetOut:
    """Begin. Raises `return_path_invalid`, `sign_on_off` (404), `sign_on_unavailable` (503)."""
    there = _for_people()
    if not is_own_path(return_to):
        raise refuse("return_path_invalid", "return_to")
    attempt = Attempt(
        state=ids.token(),
        nonce=ids.token(),
        verifier=ids.token(),
        return_to=return_to,
        ends_at=call.now + timedelta(seconds=ATTEMPT_SECONDS),
    )
    challenge = hashlib.sha256(attempt.verifier.encode()).digest()
    acr = there.config.sso_acr_values if there.config.staff_codes_required else ()
    try:
        url = await there.authorization_url(
            response_type="code",
            redirect_uri=there.config.sso_origin + CALLBACK,
            scope=" ".join(there.config.sso_scopes),
            state=attempt.state,
            nonce=attempt.nonce,
            code_challenge=base64.urlsafe_b64encode(challenge).decode().rstrip("="),
            code_challenge_method="S256",
            **({"acr_values": " ".join(acr)} if acr else {}),
        )
    except NotAnsweringError:
        raise unavailable() from None
    sealed = vault().seal(msgspec.json.encode(attempt), _PLACE)
    return SetOut(url, base64.urlsafe_b64encode(sealed).decode())


async def arrive(call: Call, answer: Answer) -> tuple[Token, str]:
    """A session, and the path the browser wanted to go to.

    Raises `sign_on_failed` (401) for what is not this browser's own sign-on, `sign_on_denied`
    (403) for somebody without an account or a role here, `second_factor_required` (403),
    `sign_on_off` (404), `sign_on_unavailable` (503).
    """
    there = _for_people()
    attempt = _opened(answer.sealed, call.now)
    if (
        attempt is None
        or answer.code is None
        or not hmac.compare_digest(
            (answer.state or "").encode(errors="replace"), attempt.state.encode()
        )
    ):
        await fail_sign_in(call, "sign_on", None)
        raise refuse("sign_on_failed", kind="unauthenticated")
    try:
        checked = await _checked(there, attempt, answer, call.now)
    except NotAnsweringError:
        raise unavailable() from None
    except BadTokenError:
        await fail_sign_in(call, "sign_on", None)
        raise refuse("sign_on_failed", kind="unauthenticated") from None
    grant = granted(
        checked.every,
        _roles(there.config),
        there.config.sso_role_claim,
        there.config.sso_station_claim,
    )
    claims = checked.claims
    strong = has_second_factor(claims, there.config.sso_acr_values, there.config.sso_amr_values)
    if grant is None:
        await deny_sign_on(call, claims.iss, claims.sub)
        raise refuse("sign_on_denied", kind="forbidden")
    if there.config.staff_codes_required and grant.role in CODE_ROLES and not strong:
        await fail_sign_in(call, "sign_on", None)
        raise refuse("second_factor_required", kind="forbidden")
    token = await sign_on(call, checked, grant, strong, there.config)
    if token is None:
        await deny_sign_on(call, claims.iss, claims.sub)
        raise refuse("sign_on_denied", kind="forbidden")
    return token, attempt.return_to


@command
async def sign_on(
    call: Call, checked: Checked, grant: Granted, strong: bool, config: Config
) -> Token | None:
    """A session with the rights of the claims; None: no account, or no such station."""
    station_id = await _station(grant.station_code, call)
    if grant.station_code is not None and station_id is None:
        call.notes.unchanged = True
        return None
    claims = checked.claims
    before = await store.accounts.known_as(claims.iss, claims.sub)
    if (before is None and not config.sso_create_accounts) or (before and before.closed_at):
        call.notes.unchanged = True
        return None
    if before is None:
        after = await _new_account(call, checked, grant, station_id)
    else:
        after = msgspec.structs.replace(before, role=grant.role, station_id=station_id)
        if after != before:
            await store.accounts.follow_claims(after.id, after.role, after.station_id)
    token = ids.token()
    expires_at = call.now + timedelta(hours=min(config.sso_session_hours, config.session_hours))
    await store.sessions.insert(
        ids.uuid7(), token_hash(token), staff_id=after.id, volunteer_id=None, now=call.now,
        expires_at=expires_at, second_factor=strong,
    )  # fmt: skip
    call.notes.changed(f"account/{after.id}", before, after)
    return Token(token, expires_at)


@command
async def deny_sign_on(call: Call, issuer_name: str, subject: str) -> None:
    """Who is granted nothing is signed in nowhere any more; the failure stands in the trail."""
    account = await store.accounts.known_as(issuer_name, subject)
    if account is not None:
        await store.sessions.end_others(account.id, None)
    await store.trails.keep_anyway()
    call.notes.changed(f"account/{account.id}" if account else None, how="sign_on")


@command
async def link_account_subject(call: Call, account_id: UUID, request: LinkSubject) -> Account:
    """Let an account sign on from the main platform, and by password no longer.

    Raises `subject_linked_elsewhere`, `account_stays_closed` (409), `sign_on_off`, `not_found`.
    """
    require(call.actor, "account.write")
    there = _for_people()
    before = await store.accounts.lock(account_id)
    if before is None:
        raise not_found("account")
    if before.closed_at is not None:
        raise refuse("account_stays_closed", kind="conflict")
    try:
        await store.accounts.sign_on_as(account_id, there.config.sso_issuer, request.subject)
    except database.Violation:
        raise refuse("subject_linked_elsewhere", "subject", kind="conflict") from None
    # They were opened with a password that is gone.
    await store.sessions.end_others(account_id, None)
    after = msgspec.structs.replace(
        before,
        issuer=there.config.sso_issuer,
        subject=request.subject,
        password_expires_at=None,
    )
    call.notes.changed(None, before, after)
    return after


async def _new_account(
    call: Call, checked: Checked, grant: Granted, station_id: UUID | None
) -> Account:
    claims, account_id = checked.claims, ids.uuid7()
    account = Account(
        id=account_id,
        # Nobody types it in: without a password it opens nothing.
        username=f"sso-{account_id.hex[-12:]}",
        display_name=claims.name.replace("\0", "")[:_NAME_MAX] or claims.sub[:_NAME_MAX],
        role=grant.role,
        station_id=station_id,
        volunteer_id=None,
        created_at=call.now,
        issuer=claims.iss,
        subject=claims.sub,
    )
    try:
        await store.accounts.insert(account, None)
    except database.Violation:  # his other browser was a moment earlier
        raise refuse("sign_on_failed", kind="unauthenticated") from None
    return account


async def _station(code: str | None, call: Call) -> UUID | None:
    """The open station of this code."""
    station = (await store.stations.by_code()).get(code) if code else None
    if station is None or not await store.stations.is_open(station.id, local_date(call.now)):
        return None
    return station.id


async def _checked(there: "Issuer", attempt: Attempt, answer: Answer, now: datetime) -> Checked:
    """The person's ID token. Raises BadTokenError, NotAnsweringError."""
    named = answer.iss or (None if await there.names_itself() else there.config.sso_issuer)
    if named != there.config.sso_issuer:
        raise BadTokenError("an answer of another issuer")
    client_id, redirect_uri = there.config.sso_client_id, there.config.sso_origin + CALLBACK
    token = await there.exchange(cast("str", answer.code), attempt.verifier, redirect_uri)
    checked = await there.checked(token, client_id, now)
    if not is_of_this_sign_on(checked.claims, client_id, attempt.nonce):
        raise BadTokenError("not of this sign-on")
    return checked


def _for_people() -> "Issuer":
    there = issuer()
    if not there.config.sso_client_id:
        raise refuse("sign_on_off", kind="not_found")
    return there


def _roles(config: Config) -> list[tuple[str, Role]]:
    pairs = (one.partition("=") for one in config.sso_roles)
    return [(value, cast("Role", role)) for value, _, role in pairs]


def _opened(sealed: str | None, now: datetime) -> Attempt | None:
    """None: no cookie, one that is over, or one that is not ours."""
    try:
        plain = vault().open(base64.urlsafe_b64decode(sealed or ""), _PLACE)
        attempt = msgspec.json.decode(plain, type=Attempt)
    except (VaultError, msgspec.MsgspecError, ValueError, IndexError):
        return None
    return attempt if now < attempt.ends_at else None
