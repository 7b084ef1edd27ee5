"""Sessions, slips, staff accounts, clients: who may call."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from volunteer_svc.actions import accounts
from volunteer_svc.actions.accounts import (
    ClientKey,
    Link,
    NewAccount,
    NewClient,
    SignIn,
    Token,
    UseSlip,
)
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.api.calls import bearer
from volunteer_svc.api.documented import BODY, WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Anyone, Client, Role, Self, Staff
from volunteer_svc.domain.errors import refuse
from volunteer_svc.store.accounts import Account

_TRIES = limited("sign-ins", "sign_ins_per_minute")


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who the token belongs to; `volunteer_id` is the person's own record, if any."""

    kind: Literal["staff", "volunteer", "client"]
    id: UUID
    role: Role | None = None
    station_id: UUID | None = None
    volunteer_id: UUID | None = None
    scopes: list[str] = []


@post(
    "/sessions",
    guards=[_TRIES],
    **documented("signIn", "Sign in", 401, *BODY, 429, signed_in=False),
)
async def sign_in(
    data: JSONBody[SignIn], call: NamedDependency[Call], config: NamedDependency[Config]
) -> Token:
    return await accounts.sign_in(call, data, hours=config.session_hours)


@post(
    "/sessions/slip",
    guards=[_TRIES],
    **documented(
        "useSlip", "Set a first password and sign in", 401, *BODY, 422, 429, signed_in=False
    ),
)
async def use_slip(
    data: JSONBody[UseSlip], call: NamedDependency[Call], config: NamedDependency[Config]
) -> Token:
    return await accounts.use_slip(call, data, hours=config.session_hours)


@delete("/sessions/current", **documented("signOut", "End this session"))
async def sign_out(request: Request[Any, Any, Any], call: NamedDependency[Call]) -> None:
    token = bearer(request)
    if token is None or isinstance(call.actor, Anyone):
        raise refuse("sign_in_required", kind="unauthenticated")
    await accounts.sign_out(call, token)


@get("/me", **documented("readMe", "Who the token belongs to"))
async def read_me(call: NamedDependency[Call]) -> Me:
    match call.actor:
        case Staff() as staff:
            return Me(
                kind="staff",
                id=staff.id,
                role=staff.role,
                station_id=staff.station_id,
                volunteer_id=staff.volunteer_id,
            )
        case Self() as volunteer:
            return Me(kind="volunteer", id=volunteer.id, volunteer_id=volunteer.id)
        case Client() as client:
            return Me(kind="client", id=client.id, scopes=sorted(client.scopes))
    raise refuse("sign_in_required", kind="unauthenticated")


@post("/accounts", **documented("addAccount", "Add a staff account", *WRITES))
async def add_account(
    data: JSONBody[NewAccount], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> Account:
    return await accounts.add_account.once(once, call, data)


@get("/accounts", **documented("listAccounts", "Staff accounts, by user name"))
async def list_accounts(
    call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[Account]:
    rows = await accounts.accounts(call, after=asked.after_code(), limit=asked.fetch)
    return asked.page(rows, lambda account: account.username)


@post(
    "/accounts/{account_id:uuid}/link",
    status_code=200,
    **documented("linkAccount", "Say who of the staff volunteers, too", 404, *WRITES),
)
async def link_account(
    account_id: FromPath[UUID],
    data: JSONBody[Link],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Account:
    return await accounts.link_account.once(once, call, account_id, data)


@post(
    "/accounts/{account_id:uuid}/close",
    status_code=200,
    **documented("closeAccount", "Close a leaver's account; never one's own", 404, 409, 422),
)
async def close_account(
    account_id: FromPath[UUID], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> Account:
    return await accounts.close_account.once(once, call, account_id)


@post("/clients", **documented("addClient", "Add a key for another service", *WRITES))
async def add_client(
    data: JSONBody[NewClient], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> ClientKey:
    return await accounts.add_client.once(once, call, data)


router = Router(
    "/",
    tags=["accounts"],
    route_handlers=[
        sign_in, use_slip, sign_out, read_me, add_account, list_accounts, link_account,
        close_account, add_client,
    ],
)  # fmt: skip
