"""Staff come and go: open work, leaving, standing in for a head, closing stations' accounts."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from volunteer_svc.actions import staffing
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.staffing import ClosedStations, CloseStations, Delegate, Leave, Left
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.store.staffing import Delegation, Work


@get(
    "/accounts/{account_id:uuid}/open-work",
    **documented("listOpenWork", "What somebody looks after and is not finished", 404),
)
async def list_open_work(
    account_id: FromPath[UUID], call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[Work]:
    rows = await staffing.open_work(call, account_id, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda work: work.id)


@post(
    "/accounts/{account_id:uuid}/leave",
    status_code=200,
    **documented("leave", "Close a leaver's account, hand over what is open", 404, *WRITES),
)
async def leave(
    account_id: FromPath[UUID],
    data: JSONBody[Leave],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Left:
    return await staffing.leave.once(once, call, account_id, data)


@post(
    "/stations/close-accounts",
    status_code=200,
    **documented("closeStations", "Close all accounts of stations on a day", *WRITES),
)
async def close_stations(
    data: JSONBody[CloseStations],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> ClosedStations:
    return await staffing.close_stations.once(once, call, data)


@post("/delegations", **documented("delegate", "Let a colleague decide in a head's stead", *WRITES))
async def delegate(
    data: JSONBody[Delegate], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> Delegation:
    return await staffing.delegate.once(once, call, data)


@get("/delegations", **documented("listDelegations", "Who stood and stands in for whom"))
async def list_delegations(
    call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[Delegation]:
    rows = await staffing.delegations(call, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda delegation: delegation.id)


@post(
    "/delegations/{delegation_id:uuid}/end",
    status_code=200,
    **documented("endDelegation", "End a delegation before its day", 404, 409, 422),
)
async def end_delegation(
    delegation_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Delegation:
    return await staffing.end_delegation.once(once, call, delegation_id)


router = Router(
    "/",
    tags=["staffing"],
    route_handlers=[
        list_open_work, leave, close_stations, delegate, list_delegations, end_delegation,
    ],
)  # fmt: skip
