"""Staff accounts: who may call."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from volunteer_svc.actions import accounts
from volunteer_svc.actions.accounts import GivenPassword, Link, NewAccount
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.store.accounts import Account


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


@post(
    "/accounts/{account_id:uuid}/unlock",
    status_code=200,
    **documented("unlockAccount", "Lift the wait after failed sign-ins", 404, 409, 422),
)
async def unlock_account(
    account_id: FromPath[UUID], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> Account:
    return await accounts.unlock_account.once(once, call, account_id)


@post(
    "/accounts/{account_id:uuid}/reset-password",
    status_code=200,
    **documented("resetPassword", "A password for one who lost his; shown once", 404, 409, 422),
)
async def reset_password(
    account_id: FromPath[UUID], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> GivenPassword:
    return await accounts.reset_password.once(once, call, account_id)


router = Router(
    "/",
    tags=["accounts"],
    route_handlers=[
        add_account, list_accounts, link_account, close_account, unlock_account,
        reset_password,
    ],
)  # fmt: skip
