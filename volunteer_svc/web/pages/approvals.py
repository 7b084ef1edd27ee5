"""The second person: what waits, approved or rejected one by one or many at once."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency

from volunteer_svc.actions import approvals, named
from volunteer_svc.actions.approvals import Decide, Decisions
from volunteer_svc.api.decoding import BodyError
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, Refusal, refuse
from volunteer_svc.domain.service_record import Level
from volunteer_svc.domain.text import Reason
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 40

link(
    Entry(frame="staff", path="/staff/approvals", word="approvals.nav", icon="check",
          operation="listWaiting", order=60),
)  # fmt: skip


class Filter(msgspec.Struct, frozen=True):
    level: Level | None = None


class Ticked(msgspec.Struct, frozen=True):
    """`items`: `record:<id>` or `correction:<id>`."""

    decision: Literal["approve", "reject"]
    items: list[str] = []
    reason: Reason = ""


@get("/staff/approvals", **page("listWaiting"))
async def show_waiting(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _shown(visit, None)


@post("/staff/approvals", **page("decideWaiting"))
async def decide(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        decisions = _decisions(visit)
        result = await approvals.decide_waiting.once(visit.once(), visit.call, decisions)
    except Refusal as refusal:
        return await _shown(visit, refusal)
    refused = [one for one in result.outcomes if one.outcome == "refused"]
    done = len(result.outcomes) - len(refused)
    if refused:
        # Each reason once: twenty records entered by oneself are one sentence.
        faults = {fault.code: Fault(fault.code, None, fault.params)
                  for one in refused for fault in one.faults}  # fmt: skip
        return await _shown(visit, Refusal(*faults.values()), done=done)
    said = "approvals.approved" if decisions.decisions[0].decision == "approve" else None
    return visit.done(visit.link(cursor=None), said or "approvals.rejected", n=done)


def _decisions(visit: Visit) -> Decisions:
    """Raises what is missing: a choice, or the reason of a rejection."""
    ticked = visit.form.into(Ticked)
    if not ticked.items:
        raise refuse("nothing_ticked", "items")
    if ticked.decision == "reject" and not ticked.reason.strip():
        raise refuse("reason_required", "reason")
    decisions = []
    for item in ticked.items:
        kind, _, text = item.partition(":")
        fields = {"kind": kind, "id": text, "decision": ticked.decision, "reason": ticked.reason}
        try:
            decisions.append(msgspec.convert(fields, Decide, strict=False))
        except msgspec.ValidationError:
            raise refuse("nothing_ticked", "items") from None
    return Decisions(decisions=decisions)


async def _shown(
    visit: Visit, refusal: Refusal | BodyError | None, *, done: int = 0
) -> Response[bytes]:
    shown, asked, call = visit.query(Filter), visit.asked(PAGE_LENGTH), visit.call
    rows = await approvals.waiting(
        call, station_id=None, level=shown.level, after=asked.after_id(), limit=asked.fetch
    )
    listed = asked.page(rows, lambda one: one.id)
    entered: set[UUID | None] = {(one.correction or one.record).entered_by for one in listed.items}
    context: dict[str, Any] = {
        "shown": shown,
        "listed": listed,
        "done": done,
        "free": sum(one.refused is None for one in listed.items),
        "people": await named.volunteers_named(call, [r.record.volunteer_id for r in listed.items]),
        "staff": await named.staff_named(call, entered),
        "stations": await named.stations_named(),
        "since": lambda moment: (local_date(call.now) - local_date(moment)).days,
        "hindrance": lambda code: visit.sentence(Fault(code)),
    }
    if refusal is not None:
        return visit.again("approvals/list.html", refusal, **context)
    return visit.page("approvals/list.html", **context)


router = Router("/", route_handlers=[show_waiting, decide])
