"""Staff: accounts added and closed by an admin; leaving and standing in by the head."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc import ids
from volunteer_svc.actions import accounts, staff_codes, staffing, stations
from volunteer_svc.actions.accounts import NewAccount
from volunteer_svc.actions.staffing import Delegate, Leave
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.text import Secret
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 50
_TRIES = limited("sign-ins")
link(
    Entry(frame="staff", path="/staff/accounts", word="admin.nav_accounts", icon="people",
          operation="listAccounts", order=91),
    Entry(frame="staff", path="/staff/colleagues", word="admin.nav_colleagues", icon="people",
          operation="delegate", order=92),
)  # fmt: skip


class Does(msgspec.Struct, frozen=True):
    does: Literal["close", "unlock", "remove_code"]
    account_id: UUID


class Whose(msgspec.Struct, frozen=True):
    account_id: UUID


class Ended(msgspec.Struct, frozen=True):
    delegation_id: UUID


async def _accounts(visit: Visit) -> dict[str, Any]:
    asked = visit.asked(PAGE_LENGTH)
    rows = await accounts.accounts(visit.call, after=asked.after_code(), limit=asked.fetch)
    places = await stations.all_stations()
    return {
        "listed": asked.page(rows, lambda one: one.username),
        "stations": places,
        "named": {one.id: one.name for one in places},
    }


@get("/staff/accounts", **page("listAccounts"))
async def show(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("admin/accounts.html", **await _accounts(visit))


@get("/staff/accounts/new", **page("addAccount"))
async def show_new(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("admin/account_new.html", stations=await stations.all_stations())


@post("/staff/accounts/new", guards=[_TRIES], **page("addAccount"))
async def add(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The password is shown this once. Sent twice, the second finds the name taken."""
    password = ids.receipt() + ids.receipt()
    try:
        request = visit.form.into(NewAccount, password=Secret(password), volunteer_id=None)
        account = await accounts.add_account(visit.call, request)
    except Refusal as refusal:
        places = await stations.all_stations()
        return visit.again("admin/account_new.html", refusal, stations=places)
    return visit.page("admin/account_made.html", account=account, password=password)


@post("/staff/accounts", **page("closeAccount"))
async def change(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Close an account, lift the wait after failed sign-ins, or take a lost app away."""
    doing = visit.form.into(Does)
    does = {
        "close": accounts.close_account,
        "unlock": accounts.unlock_account,
        "remove_code": staff_codes.remove_code_of,
    }[doing.does]
    try:
        await does.once(visit.once(), visit.call, doing.account_id)
    except Refusal as refusal:
        return visit.again("admin/accounts.html", refusal, **await _accounts(visit))
    return visit.done("/staff/accounts", f"admin.account_{doing.does}")


@post("/staff/accounts/password", **page("resetPassword"))
async def reset_password(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The password is shown this once, on a slip to print and hand over."""
    try:
        account_id = visit.form.into(Whose).account_id
        given = await accounts.reset_password.once(visit.once(), visit.call, account_id)
    except Refusal as refusal:
        return visit.again("admin/accounts.html", refusal, **await _accounts(visit))
    return visit.page("admin/password_slip.html", account=given.account, password=given.password)


@get("/staff/accounts/password", **page("resetPassword"))
async def show_accounts(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Who reloads what was shown once sees the accounts."""
    return visit.done("/staff/accounts")


async def _colleagues(visit: Visit) -> dict[str, Any]:
    asked = visit.asked(PAGE_LENGTH)
    rows = await staffing.delegations(visit.call, after=asked.after_id(), limit=asked.fetch)
    people = await staffing.colleagues(visit.call)
    return {
        "people": people,
        "named": {one.id: one.display_name for one in people},
        "listed": asked.page(rows, lambda one: one.id),
    }


@get("/staff/colleagues", **page("delegate"))
async def show_colleagues(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("admin/colleagues.html", **await _colleagues(visit))


@post("/staff/colleagues", **page("delegate"))
async def stand_in(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        request = visit.form.into(Delegate)
        await staffing.delegate.once(visit.once(), visit.call, request)
    except Refusal as refusal:
        return visit.again("admin/colleagues.html", refusal, **await _colleagues(visit))
    return visit.done("/staff/colleagues", "admin.delegated")


@post("/staff/colleagues/end", **page("endDelegation"))
async def end(visit: NamedDependency[Visit]) -> Response[bytes]:
    ended = visit.form.into(Ended)
    await staffing.end_delegation.once(visit.once(), visit.call, ended.delegation_id)
    return visit.done("/staff/colleagues", "admin.delegation_ended")


async def _leaver(visit: Visit, account_id: UUID) -> dict[str, Any]:
    people = await staffing.colleagues(visit.call)
    work = await staffing.open_work(visit.call, account_id, after=None, limit=PAGE_LENGTH)
    return {
        "leaver": next((one for one in people if one.id == account_id), None),
        "others": [one for one in people if one.id != account_id],
        "work": work,
    }


@get("/staff/colleagues/{account_id:uuid}/leave", **page("leave"))
async def show_leave(visit: NamedDependency[Visit], account_id: FromPath[UUID]) -> Response[bytes]:
    return visit.page("admin/leave.html", form=Form(), **await _leaver(visit, account_id))


@post("/staff/colleagues/{account_id:uuid}/leave", **page("leave"))
async def leave(visit: NamedDependency[Visit], account_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(Leave)
        await staffing.leave.once(visit.once(), visit.call, account_id, request)
    except Refusal as refusal:
        return visit.again("admin/leave.html", refusal, **await _leaver(visit, account_id))
    return visit.done("/staff/colleagues", "admin.left")


router = Router(
    "/",
    route_handlers=[
        show, show_new, add, change, reset_password, show_accounts, show_colleagues, stand_in,
        end, show_leave, leave,
    ],
)  # fmt: skip
