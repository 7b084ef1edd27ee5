"""Review signals: what somebody should look at."""

from typing import Annotated, Literal
from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from volunteer_svc.actions import reviews
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.reviews import DecideSignal, Found
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.store.reviews import ReviewSignal

_State = Annotated[Literal["open", "dismissed", "acted"] | None, QueryParameter(name="state")]


@get("/", **documented("listReviewSignals", "Signals in the order they were found"))
async def list_signals(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
    signal_state: _State = None,
) -> Page[ReviewSignal]:
    rows = await reviews.review_signals(
        call,
        station_id=station_id,
        state=signal_state,
        after=asked.after_id(),
        limit=asked.fetch,
    )
    return asked.page(rows, lambda row: row.id)


@post("/find", status_code=200, **documented("findSignals", "Look now, not tonight", 404, *WRITES))
async def find_signals(call: NamedDependency[Call], once: NamedDependency[OnceKey | None]) -> Found:
    return await reviews.find_signals.once(once, call)


@post(
    "/{signal_id:uuid}/decide",
    status_code=200,
    **documented("decideSignal", "Dismiss it, or name what was done about it", 404, *WRITES),
)
async def decide_signal(
    signal_id: FromPath[UUID],
    data: JSONBody[DecideSignal],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> ReviewSignal:
    return await reviews.decide_signal.once(once, call, signal_id, data)


router = Router(
    "/review-signals",
    tags=["approvals"],
    route_handlers=[list_signals, find_signals, decide_signal],
)
