"""Erasures: the person or the county asks, another county account decides; no way back."""

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import erasures, named
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.domain.actor import Self, Staff
from volunteer_svc.domain.errors import Fault, Refusal, refuse
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 20
_PATH = "/staff/erasures"

link(
    Entry(frame="staff", path=_PATH, word="erasures.nav", icon="alert",
          operation="listErasures", order=66),
)  # fmt: skip


@get(_PATH, **page("listErasures"))
async def show_erasures(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _shown(visit, None, None)


@get(f"{_PATH}/{{erasure_id:uuid}}", **page("listErasures"))
async def show_one(visit: NamedDependency[Visit], erasure_id: FromPath[UUID]) -> Response[bytes]:
    """Who reloads a refused decision sees the list."""
    return visit.done(f"{_PATH}#e-{erasure_id}")


@post(f"{_PATH}/{{erasure_id:uuid}}", **page("decideErasure"))
async def decide(visit: NamedDependency[Visit], erasure_id: FromPath[UUID]) -> Response[bytes]:
    try:
        decision = visit.form.into(DecideErasure)
        if decision.decision == "approve":
            _sure(visit)
        done = await erasures.decide_erasure.once(visit.once(), visit.call, erasure_id, decision)
    except Refusal as refusal:
        if refusal.code == "second_person_required":
            refusal = Refusal(*refusal.faults, kind="conflict")
        return await _shown(visit, refusal, erasure_id)
    return visit.done(_PATH, f"erasures.{done.state}")


@get("/staff/volunteers/{volunteer_id:uuid}/erasure", **page("listErasures"))
async def show_ask(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    return await _asking(visit, volunteer_id)


@post("/staff/volunteers/{volunteer_id:uuid}/erasure", **page("askErasure"))
async def ask(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(AskErasure)
        await erasures.ask_erasure.once(visit.once(), visit.call, volunteer_id, request)
    except Refusal as refusal:
        return await _asking(visit, volunteer_id, refusal)
    return visit.done(_PATH, "erasures.asked")


@get("/me/file/erasure", **page("askErasure"))
async def show_own(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("erasures/own.html")


@post("/me/file/erasure", **page("askErasure"))
async def ask_own(visit: NamedDependency[Visit]) -> Response[bytes]:
    if not isinstance(visit.actor, Self):
        raise refuse("forbidden", kind="forbidden", permission="volunteer.erase")
    try:
        request = visit.form.into(AskErasure)
        _sure(visit)
        await erasures.ask_erasure.once(visit.once(), visit.call, visit.actor.id, request)
    except Refusal as refusal:
        return visit.again("erasures/own.html", refusal)
    return visit.done("/me/file", "erasures.own_asked")


def _sure(visit: Visit) -> None:
    """What cannot be taken back wants a tick besides the button."""
    if not visit.form.has("sure", "true"):
        raise Refusal(Fault("not_confirmed", "sure"))


async def _asking(
    visit: Visit, volunteer_id: UUID, refusal: Refusal | None = None
) -> Response[bytes]:
    people = await named.volunteers_named(visit.call, [volunteer_id])
    if volunteer_id not in people:
        raise refuse("not_found", kind="not_found", what="volunteer")
    if refusal is not None:
        return visit.again("erasures/ask.html", refusal, person=people[volunteer_id])
    return visit.page("erasures/ask.html", person=people[volunteer_id])


async def _shown(visit: Visit, refusal: Refusal | None, at: UUID | None) -> Response[bytes]:
    asked, call = visit.asked(PAGE_LENGTH), visit.call
    rows = await erasures.waiting_erasures(call, after=asked.after_id(), limit=asked.fetch)
    listed = asked.page(rows, lambda one: one.id)
    context: dict[str, Any] = {
        "listed": listed,
        "at": at,
        "own": visit.actor.id if isinstance(visit.actor, Staff) else None,
        "people": await named.volunteers_named(call, [one.volunteer_id for one in listed.items]),
        "staff": await named.staff_named(call, {one.asked_by for one in listed.items}),
    }
    if refusal is not None:
        return visit.again("erasures/list.html", refusal, **context)
    return visit.page("erasures/list.html", **context)


router = Router(
    "/",
    route_handlers=[show_erasures, show_one, decide, show_ask, ask, show_own, ask_own],
)
