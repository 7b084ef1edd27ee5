"""Whole sheets and imports taken back: asked, decided, watched."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from volunteer_svc.actions import undos
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.undos import AskUndo, DecideUndo
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.store.undos import Undo


@post("/", **documented("askUndo", "Take a whole sheet or import back", 404, *WRITES))
async def ask_undo(
    data: JSONBody[AskUndo], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> Undo:
    return await undos.ask_undo.once(once, call, data)


@get("/", **documented("listUndos", "What was taken back, in the order it was asked"))
async def list_undos(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
    target_id: FromQuery[UUID | None] = None,
) -> Page[Undo]:
    rows = await undos.undos(
        call,
        station_id=station_id,
        target_id=target_id,
        after=asked.after_id(),
        limit=asked.fetch,
    )
    return asked.page(rows, lambda row: row.id)


@get("/{undo_id:uuid}", **documented("readUndo", "How far it is", 404))
async def read_undo(undo_id: FromPath[UUID], call: NamedDependency[Call]) -> Undo:
    return await undos.read_undo(call, undo_id)


@post(
    "/{undo_id:uuid}/decide",
    status_code=200,
    **documented("decideUndo", "The second person approves or refuses", 404, *WRITES),
)
async def decide_undo(
    undo_id: FromPath[UUID],
    data: JSONBody[DecideUndo],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Undo:
    return await undos.decide_undo.once(once, call, undo_id, data)


router = Router(
    "/undos",
    tags=["service records"],
    route_handlers=[ask_undo, list_undos, read_undo, decide_undo],
)
