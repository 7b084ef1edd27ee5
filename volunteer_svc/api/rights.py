"""A volunteer's own say: export, corrections with a clock, consents, erasure."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from volunteer_svc.actions import erasures, exports, rights
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.erasures import AskErasure, DecideErasure
from volunteer_svc.actions.exports import AskExport, PersonExport
from volunteer_svc.actions.rights import (
    AskCorrection,
    ConsentWithdrawn,
    CorrectionRequestView,
    ResolveCorrection,
    WithdrawConsent,
)
from volunteer_svc.api.documented import BODY, WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.store.erasures import Erasure


@post(
    "/volunteers/{volunteer_id:uuid}/export",
    status_code=200,
    **documented("exportPerson", "All data of a person, nothing masked", 404, 409, 422, *BODY),
)
async def export_person(
    volunteer_id: FromPath[UUID], data: JSONBody[AskExport], call: NamedDependency[Call]
) -> PersonExport:
    return await exports.export_person(call, volunteer_id, data)


@post(
    "/volunteers/{volunteer_id:uuid}/correction-requests",
    **documented("askCorrection", "Ask for a correction; due in working days", 404, *WRITES),
)
async def ask_correction(
    volunteer_id: FromPath[UUID],
    data: JSONBody[AskCorrection],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> CorrectionRequestView:
    return await rights.ask_correction.once(once, call, volunteer_id, data)


@get(
    "/volunteers/{volunteer_id:uuid}/correction-requests",
    **documented("readCorrectionRequests", "What was asked for one volunteer, last first", 404),
)
async def list_correction_requests_of(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call]
) -> list[CorrectionRequestView]:
    return await rights.correction_requests_of(call, volunteer_id)


@post(
    "/volunteers/{volunteer_id:uuid}/consents/withdraw",
    status_code=200,
    **documented("withdrawConsent", "Take back a consent; what follows is told", 404, *WRITES),
)
async def withdraw_consent(
    volunteer_id: FromPath[UUID],
    data: JSONBody[WithdrawConsent],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> ConsentWithdrawn:
    return await rights.withdraw_consent.once(once, call, volunteer_id, data)


@post(
    "/volunteers/{volunteer_id:uuid}/erasure",
    status_code=202,
    **documented("askErasure", "Ask to be erased; a second person decides", 404, *WRITES),
)
async def ask_erasure(
    volunteer_id: FromPath[UUID],
    data: JSONBody[AskErasure],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Erasure:
    return await erasures.ask_erasure.once(once, call, volunteer_id, data)


@get(
    "/correction-requests",
    **documented("listCorrectionRequests", "What waits for the station's answer, next due first"),
)
async def list_correction_requests(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
) -> Page[CorrectionRequestView]:
    rows = await rights.open_correction_requests(
        call, station_id=station_id, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


@post(
    "/correction-requests/{request_id:uuid}/resolve",
    status_code=200,
    **documented("resolveCorrection", "Answer a correction request, with a reason", 404, *WRITES),
)
async def resolve_correction(
    request_id: FromPath[UUID],
    data: JSONBody[ResolveCorrection],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> CorrectionRequestView:
    return await rights.resolve_correction.once(once, call, request_id, data)


@get("/erasures", **documented("listErasures", "Erasures that wait for the county's decision"))
async def list_erasures(
    call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[Erasure]:
    rows = await erasures.waiting_erasures(call, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda row: row.id)


@post(
    "/erasures/{erasure_id:uuid}/decide",
    status_code=200,
    **documented("decideErasure", "Erase a person, or refuse; no way back", 404, *WRITES),
)
async def decide_erasure(
    erasure_id: FromPath[UUID],
    data: JSONBody[DecideErasure],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Erasure:
    return await erasures.decide_erasure.once(once, call, erasure_id, data)


router = Router(
    "/",
    tags=["rights"],
    route_handlers=[
        export_person, ask_correction, list_correction_requests_of, withdraw_consent, ask_erasure,
        list_correction_requests, resolve_correction, list_erasures, decide_erasure,
    ],
)  # fmt: skip
