"""What volunteers want corrected in their file: the station answers before the clock runs out."""

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import named, rights
from volunteer_svc.actions.rights import ResolveCorrection
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 20


@get("/staff/requests", **page("listCorrectionRequests"))
async def show_requests(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _shown(visit, None, None)


@get("/staff/requests/{request_id:uuid}", **page("listCorrectionRequests"))
async def show_request(
    visit: NamedDependency[Visit], request_id: FromPath[UUID]
) -> Response[bytes]:
    """Who reloads a refused answer sees the list."""
    return visit.done(f"/staff/requests#q-{request_id}")


@post("/staff/requests/{request_id:uuid}", **page("resolveCorrection"))
async def resolve(visit: NamedDependency[Visit], request_id: FromPath[UUID]) -> Response[bytes]:
    try:
        answer = visit.form.into(ResolveCorrection)
        await rights.resolve_correction.once(visit.once(), visit.call, request_id, answer)
    except Refusal as refusal:
        return await _shown(visit, refusal, request_id)
    return visit.done("/staff/requests", "requests.answered")


async def _shown(visit: Visit, refusal: Refusal | None, at: UUID | None) -> Response[bytes]:
    asked, call = visit.asked(PAGE_LENGTH), visit.call
    rows = await rights.open_correction_requests(
        call, station_id=None, after=asked.after_id(), limit=asked.fetch
    )
    listed = asked.page(rows, lambda one: one.id)
    context: dict[str, Any] = {
        "listed": listed,
        "at": at,
        "people": await named.volunteers_named(call, [one.volunteer_id for one in listed.items]),
        "left": lambda due_on: (due_on - local_date(call.now)).days,
    }
    if refusal is not None:
        return visit.again("requests/list.html", refusal, **context)
    return visit.page("requests/list.html", **context)


router = Router("/", route_handlers=[show_requests, show_request, resolve])
