"""The numbers of the rules: in force today, planned, and what a plan would change."""

from typing import Annotated

from litestar import Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from volunteer_svc import clock, store
from volunteer_svc.actions import policies
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.policies import DryRun, PlanPolicy, PolicyView, WouldChange
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.policy import Policy

Version = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9._-]{1,64}$")]


@get("/policy", **documented("readPolicy", "The policy in force", signed_in=False))
async def read_policy() -> Policy:
    return (await store.policies.load()).on(local_date(clock.now()))


@get("/policies", **documented("readPolicies", "Every version, with its re-evaluation"))
async def list_policies(call: NamedDependency[Call]) -> list[PolicyView]:
    return await policies.policies(call)


@post("/policies", **documented("planPolicy", "Plan a version for a day to come", *WRITES))
async def plan_policy(
    data: JSONBody[PlanPolicy], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> Policy:
    return await policies.plan_policy.once(once, call, data)


@delete(
    "/policies/{version:str}",
    **documented("withdrawPolicy", "Withdraw a plan before its day", 404, 409, 422),
)
async def withdraw_policy(version: Version, call: NamedDependency[Call]) -> None:
    await policies.withdraw_policy(call, version)


@get("/policies/{version:str}/dry-run", **documented("dryRunPolicy", "Who would change", 404))
async def dry_run_policy(version: Version, call: NamedDependency[Call]) -> DryRun:
    return await policies.dry_run(call, version)


@get(
    "/policies/{version:str}/dry-run/volunteers",
    **documented("listWouldChange", "Who would change, one by one", 404),
)
async def list_would_change(
    version: Version, call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[WouldChange]:
    rows = await policies.would_change(call, version, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda row: row.volunteer_id)


router = Router(
    "/",
    tags=["policy"],
    route_handlers=[
        read_policy, list_policies, plan_policy, withdraw_policy, dry_run_policy,
        list_would_change,
    ],
)  # fmt: skip
