"""Objections to records: verified and answered by the station before the clock runs out."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import named, objections, service_records
from volunteer_svc.actions.objections import AnswerObjection
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 20


class Filter(msgspec.Struct, frozen=True):
    overdue: bool = False


@get("/staff/objections", **page("listObjections"))
async def show_objections(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _shown(visit, None, None)


@get("/staff/objections/{objection_id:uuid}", **page("listObjections"))
async def show_objection(
    visit: NamedDependency[Visit], objection_id: FromPath[UUID]
) -> Response[bytes]:
    return visit.done(f"/staff/objections#q-{objection_id}")


@post("/staff/objections/{objection_id:uuid}", **page("closeObjection"))
async def answer(visit: NamedDependency[Visit], objection_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(AnswerObjection)
        await objections.close_objection.once(visit.once(), visit.call, objection_id, request)
    except Refusal as refusal:
        return await _shown(visit, objection_id, refusal)
    return visit.done("/staff/objections", "objections.answered")


async def _shown(visit: Visit, at: UUID | None, refusal: Refusal | None) -> Response[bytes]:
    shown, asked, call = visit.query(Filter), visit.asked(PAGE_LENGTH), visit.call
    rows = await objections.open_objections(
        call, station_id=None, overdue=shown.overdue, after=asked.after_id(), limit=asked.fetch
    )
    listed = asked.page(rows, lambda row: row.id)
    records = {
        one.record_id: await service_records.read_record(call, one.record_id)
        for one in listed.items
    }
    context: dict[str, Any] = {
        "shown": shown,
        "listed": listed,
        "at": at,
        "records": records,
        "people": await named.volunteers_named(call, [one.volunteer_id for one in listed.items]),
        "staff": await named.staff_named(call, {one.entered_by for one in records.values()}),
        "stations": await named.stations_named(),
    }
    if refusal is not None:
        return visit.again("objections/list.html", refusal, **context)
    return visit.page("objections/list.html", **context)


router = Router("/", route_handlers=[show_objections, show_objection, answer])
