"""Objections to records: raised, seen with their clock, answered."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from volunteer_svc.actions import objections
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.objections import AnswerObjection, Object, ObjectionView
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page


@post(
    "/service-records/{record_id:uuid}/objections",
    **documented("openObjection", "Object to a record; due in working days", 404, *WRITES),
)
async def open_objection(
    record_id: FromPath[UUID],
    data: JSONBody[Object],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> ObjectionView:
    return await objections.open_objection.once(once, call, record_id, data)


@get("/objections", **documented("listObjections", "What waits for an answer, next due first"))
async def list_objections(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
    overdue: FromQuery[bool] = False,
) -> Page[ObjectionView]:
    rows = await objections.open_objections(
        call, station_id=station_id, overdue=overdue, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


@post(
    "/objections/{objection_id:uuid}/close",
    status_code=200,
    **documented("closeObjection", "Answer an objection, with a reason", 404, *WRITES),
)
async def close_objection(
    objection_id: FromPath[UUID],
    data: JSONBody[AnswerObjection],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> ObjectionView:
    return await objections.close_objection.once(once, call, objection_id, data)


@get(
    "/volunteers/{volunteer_id:uuid}/objections",
    **documented("listObjectionsOfVolunteer", "A volunteer's objections and their answers", 404),
)
async def list_objections_of_volunteer(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[ObjectionView]:
    rows = await objections.objections_of(
        call, volunteer_id, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


router = Router(
    "/",
    tags=["objections"],
    route_handlers=[
        open_objection, list_objections, close_objection, list_objections_of_volunteer,
    ],
)  # fmt: skip
