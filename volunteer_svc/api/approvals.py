"""The second person: what waits, and decisions in bulk."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, JSONBody

from volunteer_svc.actions import approvals
from volunteer_svc.actions.approvals import Decisions, WaitingItem
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.outcomes import DecisionResults, decision_results
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.domain.service_record import Level
from volunteer_svc.i18n import Language


@get("/", **documented("listWaiting", "Records and corrections that wait, oldest first"))
async def list_waiting(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
    level: FromQuery[Level | None] = None,
) -> Page[WaitingItem]:
    rows = await approvals.waiting(
        call, station_id=station_id, level=level, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda item: item.id)


@post(
    "/",
    status_code=200,
    **documented("decideWaiting", "Approve or reject; one outcome each", *WRITES),
)
async def decide_waiting(
    data: JSONBody[Decisions],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
    language: NamedDependency[Language],
) -> DecisionResults:
    result = await approvals.decide_waiting.once(once, call, data)
    return DecisionResults(decision_results(result.outcomes, language))


router = Router("/approvals", tags=["approvals"], route_handlers=[list_waiting, decide_waiting])
