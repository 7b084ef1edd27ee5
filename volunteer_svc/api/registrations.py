"""Registrations: the open form, the desk's work list, materials, declining, claims."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from volunteer_svc.actions import claims, intake, receipts, registrations
from volunteer_svc.actions.claims import ClaimView
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.intake import Receipt, Register, StuckForm
from volunteer_svc.actions.receipts import AskReceipt, ReceiptView
from volunteer_svc.actions.registrations import (
    CheckMaterials,
    Decline,
    RegistrationView,
)
from volunteer_svc.api.calls import tagged
from volunteer_svc.api.documented import BODY, EDITS, WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.i18n import language_of
from volunteer_svc.store.registrations import RegistrationRow


@post(
    "/",
    status_code=202,
    guards=[limited("registrations")],
    **documented("register", "Register oneself; open to everybody", 401, *WRITES, signed_in=False),
)
async def register(
    request: Request[Any, Any, Any],
    data: JSONBody[Register],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Receipt:
    language = language_of(request.headers.get("accept-language"))
    return await intake.register.once(once, call, data, None, language)


@post(
    "/receipt",
    status_code=200,
    guards=[limited("sign-ins")],
    **documented("readReceipt", "What became of an open registration", 404, *BODY, 422, 429,
                 signed_in=False),
)  # fmt: skip
async def read_receipt(data: JSONBody[AskReceipt], call: NamedDependency[Call]) -> ReceiptView:
    return await receipts.read_receipt(call, data)


@get("/", **documented("listRegistrations", "Registrations in the order they came"))
async def list_registrations(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
    open_only: FromQuery[bool] = False,
) -> Page[RegistrationRow]:
    rows = await registrations.registrations(
        call, station_id=station_id, open_only=open_only, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


@get(
    "/{registration_id:uuid}",
    **documented("readRegistration", "One registration and what it misses", 404, etag=True),
)
async def read_registration(
    registration_id: FromPath[UUID], call: NamedDependency[Call]
) -> Response[RegistrationView]:
    view = await registrations.read_registration(call, registration_id)
    return tagged(view, view.registration.revision)


@put(
    "/{registration_id:uuid}/materials",
    **documented("checkMaterials", "Tick materials seen and received", 409, *EDITS),
)
async def check_materials(
    registration_id: FromPath[UUID],
    data: JSONBody[CheckMaterials],
    call: NamedDependency[Call],
    revision: NamedDependency[int | None],
) -> Response[RegistrationView]:
    view = await registrations.check_materials(call, registration_id, data, revision)
    return tagged(view, view.registration.revision)


@post(
    "/{registration_id:uuid}/decline",
    status_code=200,
    **documented("declineRegistration", "Decline an open registration", 404, 412, *WRITES),
)
async def decline_registration(
    registration_id: FromPath[UUID],
    data: JSONBody[Decline],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
    revision: NamedDependency[int | None],
) -> Response[RegistrationView]:
    view = await registrations.decline.once(once, call, registration_id, data, revision)
    return tagged(view, view.registration.revision)


@get(
    "/",
    **documented("listClaims", "Open registrations of people already known, waiting for staff"),
)
async def list_claims(
    call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[ClaimView]:
    rows = await claims.open_claims(call, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda claim: claim.id)


@post(
    "/{claim_id:uuid}/resolve",
    status_code=204,
    **documented("resolveClaim", "Close a claim once the person has been spoken with", 404, 409),
)
async def resolve_claim(
    claim_id: FromPath[UUID], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> None:
    await claims.resolve_claim.once(once, call, claim_id)


@get("/stuck-forms", **documented("listStuckForms", "Forms handed in that cannot be taken up"))
async def list_stuck_forms(
    call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[StuckForm]:
    rows = await intake.stuck_forms(call, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda form: form.id)


router = Router(
    "/registrations",
    tags=["registrations"],
    route_handlers=[
        register, read_receipt, list_registrations, read_registration, check_materials,
        decline_registration,
    ],
)  # fmt: skip
claims_router = Router(
    "/claims", tags=["registrations"], route_handlers=[list_claims, resolve_claim]
)
stuck_router = Router("/", tags=["registrations"], route_handlers=[list_stuck_forms])
