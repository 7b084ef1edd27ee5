"""Review signals: what somebody should look at, with its rule and entries, and what came of it."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import named, reviews
from volunteer_svc.actions.reviews import DecideSignal
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 20
HOME = "/staff/signals"


class Filter(msgspec.Struct, frozen=True):
    state: Literal["dismissed", "acted"] | None = None


class Decision(msgspec.Struct, frozen=True):
    """`done`: `nothing`, or `correction:<id>` or `undo:<id>` of what was done about it."""

    done: str
    reason: RequiredReason


@get(HOME, **page("listReviewSignals"))
async def show_signals(visit: NamedDependency[Visit]) -> Response[bytes]:
    shown, asked = visit.query(Filter), visit.asked(PAGE_LENGTH)
    rows = await reviews.review_signals(
        visit.call,
        station_id=None,
        state=shown.state or "open",
        after=asked.after_id(),
        limit=asked.fetch,
    )
    listed = asked.page(rows, lambda row: row.id)
    return visit.page(
        "signals/list.html",
        shown=shown,
        listed=listed,
        people=await named.volunteers_named(
            visit.call, {one.volunteer_id for one in listed.items if one.volunteer_id}
        ),
        staff=await named.staff_named(visit.call, {one.recorder_id for one in listed.items}),
        stations=await named.stations_named(),
    )


@post(f"{HOME}/find", **page("findSignals"))
async def find(visit: NamedDependency[Visit]) -> Response[bytes]:
    found = await reviews.find_signals.once(visit.once(), visit.call)
    return visit.done(HOME, "signals.found", n=found.new)


@get(f"{HOME}/find", **page("listReviewSignals"))
async def signals_again(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.done(HOME)


@get(f"{HOME}/{{signal_id:uuid}}", **page("listReviewSignals"))
async def show_signal(visit: NamedDependency[Visit], signal_id: FromPath[UUID]) -> Response[bytes]:
    return visit.page("signals/one.html", **await _one(visit, signal_id))


@post(f"{HOME}/{{signal_id:uuid}}", **page("decideSignal"))
async def decide(visit: NamedDependency[Visit], signal_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = _request(visit)
        decided = await reviews.decide_signal.once(visit.once(), visit.call, signal_id, request)
    except Refusal as refusal:
        return visit.again("signals/one.html", refusal, **await _one(visit, signal_id))
    return visit.done(HOME, f"signals.said_{decided.state}")


def _request(visit: Visit) -> DecideSignal:
    decision = visit.form.into(Decision)
    kind, _, text = decision.done.partition(":")
    if kind == "nothing":
        return DecideSignal(reason=decision.reason)
    try:
        return msgspec.convert({"reason": decision.reason, f"{kind}_id": text}, DecideSignal)
    except msgspec.ValidationError:
        raise refuse("value_not_a_choice", "done") from None


async def _one(visit: Visit, signal_id: UUID) -> dict[str, Any]:
    view = await reviews.read_signal(visit.call, signal_id)
    people = {one.volunteer_id for one in view.records}
    staff = {view.signal.recorder_id, view.signal.decided_by}
    staff |= {one.entered_by for one in view.corrections} | {one.asked_by for one in view.undos}
    return {
        "view": view,
        "signal": view.signal,
        "people": await named.volunteers_named(visit.call, people),
        "staff": await named.staff_named(visit.call, staff),
        "stations": await named.stations_named(),
    }


router = Router("/", route_handlers=[show_signals, find, signals_again, show_signal, decide])
