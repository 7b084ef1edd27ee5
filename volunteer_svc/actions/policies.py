"""Policies: listed, planned for a day to come, tried on everybody before they hold."""

from collections import Counter
from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.policy import Policy
from volunteer_svc.domain.policy_plan import PRESETS, Move, Rated, changed, moves, policy_faults
from volunteer_svc.domain.text import Code, RequiredReason
from volunteer_svc.identity.permissions import require, require_staff
from volunteer_svc.store import database
from volunteer_svc.store.re_evaluations import ReEvaluation

Number = Annotated[int, Meta(ge=0, le=2**31 - 1)]
_CHUNK = 20_000


class PlanPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version from a day on. What is not given is as in the policy in force that day; `preset`
    gives the thresholds of the guideline (R6) or the national ones. Minutes, days as named."""

    version: Code
    valid_from: date
    reason: RequiredReason
    preset: Literal["guideline", "national"] | None = None
    star_minutes: Annotated[list[Number], Meta(max_length=10)] | None = None
    min_age: Number | None = None
    guardian_until: Number | None = None
    induction_window_months: Number | None = None
    recognition_top_n: Number | None = None
    entry_workdays: Number | None = None
    complaint_workdays: Number | None = None
    objection_workdays: Number | None = None
    day_minutes_direct: Number | None = None
    day_minutes_max: Number | None = None
    application_expires_days: Number | None = None
    self_report_needs_approval: bool | None = None
    unfinished_kept_days: Number | None = None
    claim_kept_days: Number | None = None
    records_kept_years: Number | None = None


class PolicyView(msgspec.Struct, frozen=True, kw_only=True):
    """`past`: another one holds since; `planned`: its day is to come. The first one nobody
    planned."""

    policy: Policy
    status: Literal["past", "in_force", "planned"]
    reason: str | None
    planned_by: UUID | None
    planned_at: datetime | None
    activated_at: datetime | None
    re_evaluation: ReEvaluation | None


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """Who would change, and how: by the stars held and the minutes counted now."""

    policy_version: str
    volunteers: int
    promoted: int
    revoked: int
    moves: list[Move]
    by_station: dict[str, int]


class WouldChange(msgspec.Struct, frozen=True, kw_only=True):
    volunteer_id: UUID
    station_id: UUID
    counted_minutes: int
    from_star: int
    to_star: int


@reading
async def policies(call: Call) -> list[PolicyView]:
    """Every version, oldest first."""
    require(call.actor, "policy.read")
    known, kept = await store.policies.load(), await store.re_evaluations.rows()
    now = known.on(local_date(call.now))
    return [
        PolicyView(
            policy=one,
            status=_status(one, now),
            reason=kept[one.version].reason,
            planned_by=kept[one.version].planned_by,
            planned_at=kept[one.version].planned_at,
            activated_at=kept[one.version].activated_at,
            re_evaluation=await store.re_evaluations.of(one.version),
        )
        for one in known.versions
    ]


def _status(policy: Policy, now: Policy) -> Literal["past", "in_force", "planned"]:
    if policy.valid_from == now.valid_from:
        return "in_force"
    return "past" if policy.valid_from < now.valid_from else "planned"


@command
async def plan_policy(call: Call, request: PlanPolicy) -> Policy:
    """Raises `date_not_future`, `date_out_of_range`, `policy_exists`, `policy_day_taken`,
    `stars_not_five`, `stars_not_ascending`, `number_out_of_range`,
    `direct_above_max`, `forbidden`."""
    require(call.actor, "policy.write")
    staff = require_staff(call.actor, "policy.write")
    known = await store.policies.load()
    given = {
        name: value
        for name in request.__struct_fields__
        if name not in ("preset", "reason") and (value := getattr(request, name)) is not None
    }
    if request.preset is not None:
        given = {"star_minutes": PRESETS[request.preset]} | given
    if "star_minutes" in given:
        given["star_minutes"] = tuple(given["star_minutes"])
    policy = msgspec.structs.replace(known.on(request.valid_from), **given)
    faults = policy_faults(policy, known, local_date(call.now))
    if faults:
        raise Refusal(*faults)
    try:
        await store.re_evaluations.plan(policy, request.reason, staff.id, call.now)
    except database.Violation:
        raise refuse("policy_exists", "version", kind="conflict") from None
    before = known.on(request.valid_from)
    call.notes.changed(f"policy/{policy.version}", before, policy)
    return policy


@command
async def withdraw_policy(call: Call, version: str) -> None:
    """Before its day. Raises `policy_in_force` (409), `not_found`, `forbidden`."""
    require(call.actor, "policy.write")
    await _named(version)
    if not await store.re_evaluations.withdraw(version, local_date(call.now)):
        raise refuse("policy_in_force", kind="conflict")
    call.notes.changed(f"policy/{version}", {"state": "planned"}, {"state": "withdrawn"})


@reading
async def dry_run(call: Call, version: str) -> DryRun:
    """Counts over everybody. Raises `not_found`, `forbidden`."""
    require(call.actor, "policy.read")
    policy = await _named(version)
    everybody, after = 0, None
    counted: Counter[tuple[int, int]] = Counter()
    stations: Counter[str] = Counter()
    while chunk := await store.re_evaluations.rated(after=after, limit=_CHUNK):
        everybody, after = everybody + len(chunk), chunk[-1].volunteer_id
        for one, star in changed(chunk, policy):
            counted[one.star, star] += 1
            stations[str(one.station_id)] += 1
    return DryRun(
        policy_version=version,
        volunteers=everybody,
        promoted=sum(n for (start, end), n in counted.items() if end > start),
        revoked=sum(n for (start, end), n in counted.items() if end < start),
        moves=moves(counted),
        by_station=dict(sorted(stations.items())),
    )


@reading
async def would_change(
    call: Call, version: str, *, after: UUID | None, limit: int
) -> list[WouldChange]:
    """Who, one by one, in id order behind `after`. Raises `not_found`, `forbidden`."""
    require(call.actor, "policy.read")
    policy = await _named(version)
    found: list[tuple[Rated, int]] = []
    while len(found) < limit:
        chunk = await store.re_evaluations.rated(after=after, limit=_CHUNK)
        if not chunk:
            break
        found, after = found + changed(chunk, policy), chunk[-1].volunteer_id
    return [
        WouldChange(
            volunteer_id=one.volunteer_id,
            station_id=one.station_id,
            counted_minutes=one.counted_minutes,
            from_star=one.star,
            to_star=star,
        )
        for one, star in found[:limit]
    ]


@reading
async def members_named(call: Call, volunteer_ids: Collection[UUID]) -> dict[UUID, str]:
    """Their member numbers: a plan is talked over without names. Raises `forbidden`."""
    require(call.actor, "policy.read")
    found = await store.volunteers.load(set(volunteer_ids))
    return {one.id: one.member_no or "" for one in found.values()}


async def _named(version: str) -> Policy:
    try:
        return (await store.policies.load()).named(version)
    except LookupError:
        raise not_found("policy") from None
