"""Signing in and out, and what a signed-in person does about himself."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from volunteer_svc.actions import passwords, sent_codes, sessions
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.passwords import ChangePassword
from volunteer_svc.actions.sent_codes import RequestCode, UseCode
from volunteer_svc.actions.sessions import SignIn, Token, UseSlip
from volunteer_svc.api.calls import BEFORE_BOTH, bearer
from volunteer_svc.api.cookies import (
    cookie_token,
    csrf_token,
    require_own_site,
    session_cookie,
)
from volunteer_svc.api.documented import BODY, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Client, Role, Self, Staff
from volunteer_svc.domain.errors import refuse
from volunteer_svc.domain.sent_code import GOOD_MINUTES, PAUSE_SECONDS
from volunteer_svc.store.sessions import OwnSession

_TRIES = limited("sign-ins")


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who the token belongs to; `volunteer_id` is the person's own record, if any.

    `session_id` is the session the request came with, `csrf_token` what goes beside its cookie.
    """

    kind: Literal["staff", "volunteer", "client"]
    id: UUID
    role: Role | None = None
    station_id: UUID | None = None
    volunteer_id: UUID | None = None
    scopes: list[str] = []
    session_id: UUID | None = None
    csrf_token: str | None = None


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A session, shown once: `token` to send as `Authorization: Bearer …`; or with `by=cookie` a
    cookie is set, and `csrf_token` goes as X-CSRF-Token with whatever changes something."""

    expires_at: datetime
    token: str | None = None
    csrf_token: str | None = None


class CodeRequested(msgspec.Struct, frozen=True, kw_only=True):
    """Said to everybody: if the number is a volunteer's, a code is on its way. It is good for
    `good_minutes`; the next can be asked for after `pause_seconds`."""

    good_minutes: int = GOOD_MINUTES
    pause_seconds: int = PAUSE_SECONDS


By = Annotated[
    Literal["bearer", "cookie"],
    QueryParameter(description="how the session is carried: in a header, or by a browser"),
]


def _opened(token: Token, by: By, config: Config) -> Response[SignedIn]:
    if by == "bearer":
        return Response(SignedIn(token=token.token, expires_at=token.expires_at))
    cookie = session_cookie(token.token, config, seconds=config.session_hours * 3600)
    body = SignedIn(csrf_token=csrf_token(token.token), expires_at=token.expires_at)
    return Response(body, cookies=[cookie])


def _check(request: Request[Any, Any, Any], by: By) -> None:
    """Another site must not sign a browser in, not even as somebody else."""
    if by == "cookie":
        require_own_site(request)


@post(
    "/sessions",
    guards=[_TRIES],
    **documented("signIn", "Sign in", 401, 403, *BODY, 429, signed_in=False),
)
async def sign_in(
    request: Request[Any, Any, Any],
    data: JSONBody[SignIn],
    call: NamedDependency[Call],
    config: NamedDependency[Config],
    by: By = "bearer",
) -> Response[SignedIn]:
    _check(request, by)
    return _opened(await sessions.sign_in(call, data, hours=config.session_hours), by, config)


@post(
    "/sessions/slip",
    guards=[_TRIES],
    **documented(
        "useSlip", "Set a first password and sign in", 401, 403, *BODY, 422, 429, signed_in=False
    ),
)
async def use_slip(
    request: Request[Any, Any, Any],
    data: JSONBody[UseSlip],
    call: NamedDependency[Call],
    config: NamedDependency[Config],
    by: By = "bearer",
) -> Response[SignedIn]:
    _check(request, by)
    return _opened(await sessions.use_slip(call, data, hours=config.session_hours), by, config)


@post(
    "/sessions/code-requests",
    status_code=202,
    guards=[_TRIES],
    **documented(
        "requestCode", "Have a code sent to a volunteer's telephone", 401, *BODY, 422, 429,
        signed_in=False,
    ),
)  # fmt: skip
async def request_code(data: JSONBody[RequestCode], call: NamedDependency[Call]) -> CodeRequested:
    await sent_codes.request_code(call, data)
    return CodeRequested()


@post(
    "/sessions/code",
    guards=[_TRIES],
    **documented(
        "useCode", "Sign in with a code that was sent", 401, 403, *BODY, 429, signed_in=False
    ),
)
async def use_code(
    request: Request[Any, Any, Any],
    data: JSONBody[UseCode],
    call: NamedDependency[Call],
    config: NamedDependency[Config],
    by: By = "bearer",
) -> Response[SignedIn]:
    _check(request, by)
    token = await sent_codes.sign_in_by_code(call, data, hours=config.session_hours)
    return _opened(token, by, config)


@delete(
    "/sessions/current",
    opt=BEFORE_BOTH,
    **documented(
        "signOut", "End this session", 404, more={204: ResponseSpec(None, description="Ended")}
    ),
)
async def sign_out(
    request: Request[Any, Any, Any], call: NamedDependency[Call], config: NamedDependency[Config]
) -> Response[None]:
    await sessions.end_session(call, call.session_id)
    gone = [] if bearer(request) else [session_cookie("", config, seconds=0)]
    return Response(None, cookies=gone)


@get("/me", opt=BEFORE_BOTH, **documented("readMe", "Who the token belongs to"))
async def read_me(
    request: Request[Any, Any, Any], call: NamedDependency[Call], config: NamedDependency[Config]
) -> Me:
    cookie = None if bearer(request) else cookie_token(request, config)
    csrf = csrf_token(cookie) if cookie else None
    match call.actor:
        case Staff() as staff:
            return Me(
                kind="staff",
                id=staff.id,
                role=staff.role,
                station_id=staff.station_id,
                volunteer_id=staff.volunteer_id,
                session_id=call.session_id,
                csrf_token=csrf,
            )
        case Self() as volunteer:
            return Me(
                kind="volunteer",
                id=volunteer.id,
                volunteer_id=volunteer.id,
                session_id=call.session_id,
                csrf_token=csrf,
            )
        case Client() as client:
            return Me(kind="client", id=client.id, scopes=sorted(client.scopes))
    raise refuse("sign_in_required", kind="unauthenticated")


@post(
    "/me/password",
    status_code=204,
    guards=[_TRIES],
    opt=BEFORE_BOTH,
    **documented("changePassword", "Change one's password; ends the other sessions", *BODY, 422,
                 429),
)  # fmt: skip
async def change_password(data: JSONBody[ChangePassword], call: NamedDependency[Call]) -> None:
    await passwords.change_password(call, data)


@get("/me/sessions", **documented("listOwnSessions", "Where one is signed in, the oldest first"))
async def list_own_sessions(
    call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[OwnSession]:
    rows = await sessions.own_sessions(call, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda session: session.id)


@delete("/me/sessions/{session_id:uuid}", **documented("endSession", "End one session", 404))
async def end_session(session_id: FromPath[UUID], call: NamedDependency[Call]) -> None:
    await sessions.end_session(call, session_id)


@delete("/me/sessions", **documented("endOtherSessions", "End all sessions but this one"))
async def end_other_sessions(call: NamedDependency[Call]) -> None:
    await sessions.end_other_sessions(call)


router = Router(
    "/",
    tags=["sessions"],
    route_handlers=[
        sign_in, use_slip, request_code, use_code, sign_out, read_me, change_password,
        list_own_sessions, end_session, end_other_sessions,
    ],
)  # fmt: skip
