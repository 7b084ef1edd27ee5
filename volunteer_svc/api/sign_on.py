"""Single sign-on as a browser goes through it: to the issuer, and back."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from volunteer_svc.actions import clients, sign_on
from volunteer_svc.actions.clients import ClientView, LinkSubject
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.sign_on import ATTEMPT_SECONDS, CALLBACK, Answer
from volunteer_svc.api.cookies import session_cookie
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.config import Config
from volunteer_svc.store.accounts import Account

_TRIES = limited("sign-ins")
_LONG = 2_048
_THERE = {302: ResponseSpec(None, description="On to the issuer")}
_BACK = {303: ResponseSpec(None, description="Signed in by cookie; on to `return_to`")}


def _cookie(sealed: str, config: Config, *, seconds: int) -> Cookie:
    """Goes back to the callback alone, also when another site sends the browser there."""
    return Cookie(
        key="__Secure-sign-on" if config.cookie_secure else "sign-on",
        value=sealed,
        max_age=seconds,
        path=CALLBACK,
        secure=config.cookie_secure,
        httponly=True,
        samesite="lax",
    )


@get(
    "/sign-on",
    status_code=302,
    guards=[_TRIES],
    **documented(
        "setOut", "To the main platform, to sign on there", 404, 422, 429, signed_in=False,
        more=_THERE,
    ),
)  # fmt: skip
async def set_out(
    call: NamedDependency[Call],
    config: NamedDependency[Config],
    return_to: Annotated[
        str, QueryParameter(max_length=512, description="a path of this service to come back to")
    ] = "/",
) -> Response[None]:
    there = await sign_on.set_out(call, return_to)
    kept = _cookie(there.sealed, config, seconds=ATTEMPT_SECONDS)
    return Response(None, status_code=302, headers={"Location": there.url}, cookies=[kept])


@get(
    "/sign-on/callback",
    status_code=303,
    guards=[_TRIES],
    **documented(
        "arrive", "Back from the main platform", 401, 403, 404, 429, signed_in=False, more=_BACK
    ),
)
async def arrive(
    request: Request[Any, Any, Any],
    call: NamedDependency[Call],
    config: NamedDependency[Config],
    code: Annotated[str | None, QueryParameter(max_length=_LONG)] = None,
    given_state: Annotated[str | None, QueryParameter(name="state", max_length=_LONG)] = None,
    iss: Annotated[str | None, QueryParameter(max_length=_LONG)] = None,
) -> Response[None]:
    gone = _cookie("", config, seconds=0)
    answer = Answer(sealed=request.cookies.get(gone.key), code=code, state=given_state, iss=iss)
    token, return_to = await sign_on.arrive(call, answer)
    seconds = int((token.expires_at - call.now).total_seconds())
    return Response(
        None,
        status_code=303,
        headers={"Location": return_to},
        cookies=[session_cookie(token.token, config, seconds=seconds), gone],
    )


@post(
    "/accounts/{account_id:uuid}/sign-on",
    status_code=200,
    **documented("linkAccountSubject", "Let an account sign on by the main platform", 404, *WRITES),
)
async def link_account_subject(
    account_id: FromPath[UUID],
    data: JSONBody[LinkSubject],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Account:
    return await sign_on.link_account_subject.once(once, call, account_id, data)


@post(
    "/clients/{client_id:uuid}/sign-on",
    status_code=200,
    **documented("linkClientSubject", "Take a service's tokens of the main platform", 404, *WRITES),
)
async def link_client_subject(
    client_id: FromPath[UUID],
    data: JSONBody[LinkSubject],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> ClientView:
    return await clients.link_client_subject.once(once, call, client_id, data)


router = Router(
    "/",
    tags=["sessions"],
    route_handlers=[set_out, arrive, link_account_subject, link_client_subject],
)
