"""The quality of service, judged activity by activity."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import evaluations, named, service_records
from volunteer_svc.actions.evaluations import Evaluate, EvaluateActivity
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 25
HOME = "/staff/evaluations"

link(
    Entry(frame="staff", path=HOME, word="evaluations.nav", icon="star",
          operation="evaluateActivity", order=64),
)  # fmt: skip


class Before(msgspec.Struct, frozen=True):
    """Behind which start the list goes on."""

    before: datetime | None = None


@get(HOME, **page("evaluateActivity"))
async def show_activities(visit: NamedDependency[Visit]) -> Response[bytes]:
    before = visit.query(Before).before
    rows = await evaluations.activities_served(
        visit.call,
        station_id=None,
        before=before if before is not None and before.tzinfo is not None else None,
        limit=PAGE_LENGTH + 1,
    )
    return visit.page(
        "evaluations/list.html",
        rows=rows[:PAGE_LENGTH],
        more=rows[PAGE_LENGTH - 1].started_at.isoformat() if len(rows) > PAGE_LENGTH else None,
        stations=await named.stations_named(),
    )


@get(f"{HOME}/{{activity_id:uuid}}", **page("evaluateActivity"))
async def show_activity(
    visit: NamedDependency[Visit], activity_id: FromPath[UUID]
) -> Response[bytes]:
    context = await _one(visit, activity_id)
    shown: dict[str, object] = {}
    for n, one in enumerate(context["judged"].served):
        if one.evaluation is not None:
            shown[f"entries[{n}].grade"] = one.evaluation.grade
            shown[f"entries[{n}].words"] = one.evaluation.words
    return visit.page("evaluations/one.html", form=Form.showing(**shown), **context)


@post(f"{HOME}/{{activity_id:uuid}}", **page("evaluateActivity"))
async def evaluate(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(EvaluateActivity)
        act = evaluations.evaluate_activity
        made = await act.once(visit.once(), visit.call, activity_id, request)
    except Refusal as refusal:
        return visit.again("evaluations/one.html", refusal, **await _one(visit, activity_id))
    return visit.done(HOME, "evaluations.saved", n=len(made))


@post("/staff/records/{record_id:uuid}/evaluate", **page("evaluateRecord"))
async def evaluate_record(
    visit: NamedDependency[Visit], record_id: FromPath[UUID]
) -> Response[bytes]:
    try:
        request = visit.form.into(Evaluate)
        await evaluations.evaluate_record.once(visit.once(), visit.call, record_id, request)
    except Refusal as refusal:
        return visit.again("evaluations/record.html", refusal, record_id=record_id)
    return visit.done(f"/staff/records/{record_id}", "evaluations.saved", n=1)


@get("/staff/records/{record_id:uuid}/evaluate", **page("evaluateRecord"))
async def show_record(visit: NamedDependency[Visit], record_id: FromPath[UUID]) -> Response[bytes]:
    await service_records.read_record(visit.call, record_id)
    return visit.page("evaluations/record.html", record_id=record_id)


async def _one(visit: Visit, activity_id: UUID) -> dict[str, Any]:
    judged = await evaluations.activity_evaluations(visit.call, activity_id)
    wanted = [one.record.volunteer_id for one in judged.served]
    return {"judged": judged, "people": await named.volunteers_named(visit.call, wanted)}


router = Router("/", route_handlers=[
    show_activities, show_activity, evaluate, evaluate_record, show_record,
])  # fmt: skip
