"""The numbers of the rules: versions, a plan tried on everybody, its re-evaluation."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import named, policies
from volunteer_svc.actions.policies import PlanPolicy, PolicyView
from volunteer_svc.api.attached import XLSX, attached
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, Refusal, not_found
from volunteer_svc.domain.policy_plan import PRESETS
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page
from volunteer_svc.workbooks.changes import Change, write_changes

PAGE_LENGTH = 50
DOWNLOAD_MAX = 100_000
HOME = "/staff/policies"
NUMBERS = (
    "min_age", "guardian_until", "induction_window_months", "recognition_top_n", "entry_workdays",
    "complaint_workdays", "objection_workdays", "day_minutes_direct", "day_minutes_max",
    "application_expires_days", "unfinished_kept_days", "claim_kept_days", "records_kept_years",
)  # fmt: skip

link(
    Entry(frame="staff", path=HOME, word="policies.nav", icon="gear",
          operation="readPolicies", order=84),
)  # fmt: skip


@get(HOME, **page("readPolicies"))
async def show_policies(visit: NamedDependency[Visit]) -> Response[bytes]:
    rows = await policies.policies(visit.call)
    year = local_date(visit.call.now).year
    return visit.page("policies/list.html", rows=list(reversed(rows)), year=year)


@get(f"{HOME}/new", **page("planPolicy"))
async def show_plan(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("policies/new.html", form=Form.showing(preset=""), **await _plan(visit))


@post(f"{HOME}/new", **page("planPolicy"))
async def plan(visit: NamedDependency[Visit]) -> Response[bytes]:
    """What is left empty stays as it is on that day."""
    try:
        hours = [one for one in visit.form.values.get("star_hours", ()) if one.strip()]
        given = {"star_minutes": [_minutes(one) for one in hours]} if hours else {}
        request = visit.form.into(PlanPolicy, **given)
        made = await policies.plan_policy.once(visit.once(), visit.call, request)
    except Refusal as refusal:
        at_hours = (
            msgspec.structs.replace(one, field="star_hours")
            if (one.field or "").startswith("star_minutes") else one
            for one in refusal.faults
        )  # fmt: skip
        refusal = Refusal(*at_hours, kind=refusal.kind)
        return visit.again("policies/new.html", refusal, **await _plan(visit))
    return visit.done(f"{HOME}/v/{made.version}", "policies.planned_said")


@get(f"{HOME}/v/{{version:str}}", **page("dryRunPolicy"))
async def show_policy(visit: NamedDependency[Visit], version: FromPath[str]) -> Response[bytes]:
    return await _one(visit, version)


@post(f"{HOME}/v/{{version:str}}", **page("withdrawPolicy"))
async def withdraw(visit: NamedDependency[Visit], version: FromPath[str]) -> Response[bytes]:
    try:
        await policies.withdraw_policy(visit.call, version)
    except Refusal as refusal:
        return await _one(visit, version, refusal)
    return visit.done(HOME, "policies.withdrawn_said")


@get(f"{HOME}/v/{{version:str}}/changes.xlsx", **page("listWouldChange"))
async def download(visit: NamedDependency[Visit], version: FromPath[str]) -> Response[bytes]:
    """Who would change, under the member number alone: the list goes from hand to hand."""
    rows = await policies.would_change(visit.call, version, after=None, limit=DOWNLOAD_MAX)
    people = await policies.members_named(visit.call, [one.volunteer_id for one in rows])
    stations = await named.stations_named()
    changes = [
        Change(people.get(one.volunteer_id, ""),
               stations[one.station_id].name if one.station_id in stations else "",
               one.counted_minutes, one.from_star, one.to_star)
        for one in rows
    ]  # fmt: skip
    body = await asyncio.to_thread(write_changes, changes, visit.language)
    return attached(body, "changes.xlsx", XLSX)


def _minutes(hours: str) -> int:
    """Raises when it is no number of hours."""
    if not hours.strip().isdecimal() or len(hours.strip()) > 6:  # noqa: PLR2004 - far above a life
        raise Refusal(Fault("value_malformed", "star_hours"))
    return int(hours) * 60


async def _plan(visit: Visit) -> dict[str, Any]:
    rows = await policies.policies(visit.call)
    in_force = next(one.policy for one in rows if one.status == "in_force")
    return {"policy": in_force, "numbers": NUMBERS, "presets": PRESETS}


async def _one(visit: Visit, version: str, refusal: Refusal | None = None) -> Response[bytes]:
    """A plan with who would change by it; one in force with how its re-evaluation went."""
    call = visit.call
    rows = await policies.policies(call)
    view: PolicyView | None = next((one for one in rows if one.policy.version == version), None)
    if view is None:
        raise not_found("policy")
    asked = visit.asked(PAGE_LENGTH)
    changing: list[policies.WouldChange] = []
    if view.status == "planned":
        changing = await policies.would_change(
            call, version, after=asked.after_id(), limit=asked.fetch
        )
    listed = asked.page(changing, lambda one: one.volunteer_id)
    wanted: list[UUID] = [one.volunteer_id for one in listed.items]
    context: dict[str, Any] = {
        "view": view,
        "trial": await policies.dry_run(call, version) if view.status == "planned" else None,
        "listed": listed,
        "members": await policies.members_named(call, wanted),
        "stations": {str(k): one for k, one in (await named.stations_named()).items()},
        "numbers": NUMBERS,
        "in_force": next(one.policy for one in rows if one.status == "in_force"),
    }
    if refusal is not None:
        return visit.again("policies/one.html", refusal, **context)
    return visit.page("policies/one.html", **context)


router = Router("/", route_handlers=[
    show_policies, show_plan, plan, show_policy, withdraw, download,
])  # fmt: skip
