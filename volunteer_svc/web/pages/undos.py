"""Whole sheets and imports taken back: asked with a reason, decided by a second person, watched."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import imports, named, undos
from volunteer_svc.actions.undos import AskUndo, DecideUndo
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.domain.undo import UndoKind
from volunteer_svc.store.undos import Undo
from volunteer_svc.web.forms import Form
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 20
_PATH = "/staff/undos"
_SAID = {"approve": "approved", "refuse": "refused"}


class Target(msgspec.Struct, frozen=True):
    kind: UndoKind | None = None
    target_id: UUID | None = None


@get(_PATH, **page("listUndos"))
async def show_undos(visit: NamedDependency[Visit]) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    rows = await undos.undos(
        visit.call, station_id=None, target_id=None, after=asked.after_id(), limit=asked.fetch,
        newest_first=True,
    )  # fmt: skip
    listed = asked.page(rows, lambda one: one.id)
    staff = await named.staff_named(visit.call, {one.asked_by for one in rows})
    places = await named.stations_named()
    return visit.page("undos/list.html", listed=listed, staff=staff, stations=places)


@get(f"{_PATH}/new", **page("askUndo"))
async def look(visit: NamedDependency[Visit]) -> Response[bytes]:
    """What would be taken back, and the form that asks why."""
    target = visit.query(Target)
    if target.kind is None or target.target_id is None:
        return visit.done(_PATH)
    return await _asking(visit, target.kind, target.target_id)


@post(f"{_PATH}/new", **page("askUndo"))
async def ask(visit: NamedDependency[Visit]) -> Response[bytes]:
    target = visit.form.into(Target)
    if target.kind is None or target.target_id is None:
        return visit.done(_PATH)
    try:
        undo = await undos.ask_undo.once(visit.once(), visit.call, visit.form.into(AskUndo))
    except Refusal as refusal:
        return await _asking(visit, target.kind, target.target_id, refusal)
    said = "undos.waits" if undo.state == "waiting" else "undos.done"
    return visit.done(
        f"{_PATH}/{undo.id}", said, tone="info" if undo.state == "waiting" else "good"
    )


@get(f"{_PATH}/{{undo_id:uuid}}", **page("readUndo"))
async def show_undo(visit: NamedDependency[Visit], undo_id: FromPath[UUID]) -> Response[bytes]:
    return await _shown(visit, undo_id)


@post(f"{_PATH}/{{undo_id:uuid}}", **page("decideUndo"))
async def decide(visit: NamedDependency[Visit], undo_id: FromPath[UUID]) -> Response[bytes]:
    try:
        decision = visit.form.into(DecideUndo)
        await undos.decide_undo.once(visit.once(), visit.call, undo_id, decision)
    except Refusal as refusal:
        return await _shown(visit, undo_id, refusal)
    return visit.done(f"{_PATH}/{undo_id}", f"undos.{_SAID[decision.decision]}")


async def _asking(
    visit: Visit, kind: UndoKind, target_id: UUID, refusal: Refusal | None = None
) -> Response[bytes]:
    context: dict[str, Any] = {"kind": kind, "target_id": target_id, "holds": None, "name": ""}
    try:
        context["holds"] = await undos.what_it_holds(visit.call, kind, target_id)
        if kind == "import":
            context["name"] = (await imports.read_import(visit.call, target_id)).filename
    except Refusal as nothing:
        refusal = refusal or nothing
    if refusal is not None:
        return visit.again("undos/new.html", refusal, **context)
    return visit.page("undos/new.html", form=Form(), **context)


async def _shown(visit: Visit, undo_id: UUID, refusal: Refusal | None = None) -> Response[bytes]:
    undo = await undos.read_undo(visit.call, undo_id)
    context: dict[str, Any] = {
        "undo": undo,
        "name": await _name(visit, undo),
        "staff": await named.staff_named(visit.call, {undo.asked_by, undo.decided_by}),
        "own": isinstance(visit.actor, Staff) and visit.actor.id == undo.asked_by,
    }
    if refusal is not None:
        return visit.again("undos/one.html", refusal, **context)
    return visit.page("undos/one.html", **context)


async def _name(visit: Visit, undo: Undo) -> str:
    """The file of an import, the station of a sheet."""
    if undo.kind == "import":
        if not visit.may("readImport"):
            raise refuse("forbidden", kind="forbidden", permission="import.write")
        return (await imports.read_import(visit.call, undo.target_id)).filename
    places = await named.stations_named()
    return places[undo.station_id].name if undo.station_id in places else "—"


router = Router("/", route_handlers=[show_undos, look, ask, show_undo, decide])
