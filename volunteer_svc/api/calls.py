"""Who calls, when and under which keys: the dependencies of every handler.

None of them opens a transaction: Litestar runs dependencies in tasks of their own, and the
handler would run outside it.
"""

import hashlib
import re
from typing import Annotated, Any

from litestar import Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import HeaderParameter

from volunteer_svc import clock, log
from volunteer_svc.actions.accounts import caller_of
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.api.cookies import cookie_token, require_csrf
from volunteer_svc.api.documented import OPEN
from volunteer_svc.api.pages import T, asked
from volunteer_svc.api.problems import EdgeRefusal
from volunteer_svc.api.proxies import Proxies
from volunteer_svc.api.rate_limit import limit_actor
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Anyone
from volunteer_svc.domain.errors import Fault, refuse
from volunteer_svc.i18n import Language, language_of
from volunteer_svc.identity.permissions import admit
from volunteer_svc.identity.vault import vault
from volunteer_svc.store.outbox import Trace

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_ETAG = re.compile(r'"(\d{1,9})"')
_BEARER = re.compile(r"bearer +([\x21-\x7e]{1,8192})", re.IGNORECASE)

BEFORE_ENROLMENT: dict[str, Any] = {"before_enrolment": True}
"""`opt` of the few routes for staff who must enrol an authenticator app and have not yet."""
BEFORE_CHANGE: dict[str, Any] = {"before_change": True}
"""`opt` of those for staff who must change a password that was given out."""
BEFORE_BOTH = BEFORE_ENROLMENT | BEFORE_CHANGE


def bearer(request: Request[Any, Any, Any]) -> str | None:
    """The token sent, if any. Raises `sign_in_required` for a header that is not a bearer's."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    token = _BEARER.fullmatch(header)
    if token is None:
        raise refuse("sign_in_required", kind="unauthenticated")
    return token[1]


def _token(request: Request[Any, Any, Any], config: Config) -> str | None:
    """The bearer's, or else the cookie's. Raises what a cookie without its second token does.

    An open route takes no notice of cookies: with one that is over, nobody could sign in again.
    """
    token = bearer(request)
    if token is not None or request.route_handler.security == OPEN:
        return token
    token = cookie_token(request, config)
    if token is not None:
        require_csrf(request, token)
    return token


async def provide_call(request: Request[Any, Any, Any]) -> Call:
    # From the state: a dependency more would cost every request.
    config: Config = request.app.state.config
    token = _token(request, config)
    return await call_of(request, token, str(request.route_handler.operation_id))


async def call_of(request: Request[Any, Any, Any], token: str | None, operation_id: str) -> Call:
    """Who asks for an operation with a token. The only reading of the clock for a request.

    Raises `sign_in_required` (401), `password_change_required`, `code_enrolment_required` (403),
    `forbidden`, `rate_limited`, `sign_on_unavailable` (503).
    """
    config: Config = request.app.state.config
    proxies: Proxies = request.app.state.proxies
    now = clock.now()
    traceparent = request.headers.get("traceparent", "")
    trace = Trace(
        correlation_id=log.request_id.get(),
        traceparent=traceparent if _TRACEPARENT.fullmatch(traceparent) else None,
    )
    caller = await caller_of(token, now)
    if caller.needs_password and not request.route_handler.opt.get("before_change"):
        raise refuse("password_change_required", kind="forbidden")
    enrolling = caller.needs_code and config.staff_codes_required
    if enrolling and not request.route_handler.opt.get("before_enrolment"):
        raise refuse("code_enrolment_required", kind="forbidden")
    await limit_actor(request.app.state.limiter, caller.actor)
    admit(caller.actor, operation_id)
    return Call(
        actor=caller.actor,
        now=now,
        trace=trace,
        session_id=caller.session_id,
        channel="api",
        address=proxies.address(request.scope),
    )


async def provide_once(
    request: Request[Any, Any, Any],
    call: NamedDependency[Call],
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            description="1 to 255 visible ASCII characters; the same key gives the same answer"
            " and one effect",
        ),
    ] = None,
) -> OnceKey | None:
    if idempotency_key is None:
        return None
    if not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        raise EdgeRefusal(400, Fault("idempotency_key_malformed", "Idempotency-Key"))
    body = request.scope["query_string"] + b"\0" + await request.body()
    return once_key(call, f"{request.method} {request.url.path}", idempotency_key, body)


def once_key(call: Call, route: str, key: str, body: bytes) -> OnceKey:
    """The key of a request: nobody else's, of no other route, and good for this body alone."""
    actor = f"{type(call.actor).__name__} {getattr(call.actor, 'id', '')}"
    scope = f"{actor}\0{route}\0{key}"
    plain = hashlib.sha256(body)
    # Keyed: a body may hold a password, and a plain hash of it could be guessed.
    body_hash = vault().keyed_hash("request body", plain.hexdigest())
    # Strangers share no keys: what one of them sent must not refuse another.
    own = body_hash if isinstance(call.actor, Anyone) else b""
    return OnceKey(
        key_hash=hashlib.sha256(scope.encode() + own).digest(),
        body_hash=body_hash,
        now=call.now,
    )


async def provide_revision(
    if_match: Annotated[
        str | None,
        HeaderParameter(name="If-Match", description="the ETag of the last reading; optional"),
    ] = None,
) -> int | None:
    """The revision an edit rests on; None takes whatever is there."""
    if if_match is None or if_match == "*":
        return None
    etag = _ETAG.fullmatch(if_match)
    if etag is None:
        raise EdgeRefusal(400, Fault("if_match_malformed", "If-Match"))
    return int(etag[1])


async def provide_language(request: Request[Any, Any, Any]) -> Language:
    return language_of(request.headers.get("accept-language"))


def tagged(content: T, revision: int) -> Response[T]:
    """An answer whose ETag an edit sends back as If-Match."""
    return Response(content, headers={"ETag": f'"{revision}"'})


DEPENDENCIES = {
    "call": Provide(provide_call),
    "once": Provide(provide_once),
    "revision": Provide(provide_revision),
    "language": Provide(provide_language),
    "asked": Provide(asked),
}
