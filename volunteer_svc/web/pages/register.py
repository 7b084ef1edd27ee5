"""Registering oneself in one go, and what became of it."""

import re
from datetime import date
from typing import Any, get_args

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from volunteer_svc.actions import intake, receipts, stations
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.receipts import AskReceipt
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.config import Config
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.document import DocumentKind, check_document
from volunteer_svc.domain.errors import Fault, Refusal
from volunteer_svc.domain.registration import ServiceCategory
from volunteer_svc.i18n import term
from volunteer_svc.images.pictures import Picture
from volunteer_svc.web.forms import Form
from volunteer_svc.web.pages.rules import RULES_VERSION
from volunteer_svc.web.visit import Visit, page

RECEIPT = "receipt"
RECEIPT_SECONDS = 600
"""The page with the receipt can be reloaded that long; on a shared computer no longer."""
_RECEIPT = re.compile(r"[0-9A-Z]{4}(-[0-9A-Z]{4}){2}")
_KINDS: tuple[str, ...] = get_args(DocumentKind)
_CATEGORIES: tuple[str, ...] = get_args(ServiceCategory)
_NUMBER = "form.document_number"
_FOLLOWS = ("form.birth_date", "form.sex")
_GUARDIAN = ("form.guardian.name", "form.guardian.relation", "form.guardian.phone")


@get("/", **page("register"))
async def show_form(visit: NamedDependency[Visit]) -> Response[bytes]:
    form = Form.showing(**{"form.document_kind": "id_card"})
    return visit.page("register/form.html", form=form, **await _choices(visit))


@post("/", guards=[limited("registrations")], **page("register"))
async def register(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The same answer to whom we know and to whom we do not: a receipt."""
    try:
        request = _request(visit)
        receipt = await intake.register.once(
            visit.once(), visit.call, request, await _photo(visit.form), visit.language
        )
    except Refusal as refusal:
        return visit.again("register/form.html", refusal, **await _choices(visit))
    return visit.done("/register/done", cookies=[_kept(receipt.receipt, visit.config)])


@get("/done", **page("register"))
async def done(visit: NamedDependency[Visit]) -> Response[bytes]:
    receipt = visit.request.cookies.get(RECEIPT, "")
    if not _RECEIPT.fullmatch(receipt):
        return visit.done("/register/receipt")
    return visit.page("register/done.html", receipt=receipt)


@get("/receipt", **page("readReceipt"))
async def show_receipt(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("register/receipt.html", found=None, station=None)


@post("/receipt", guards=[limited("sign-ins")], **page("readReceipt"))
async def read_receipt(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        found = await receipts.read_receipt(visit.call, visit.form.into(AskReceipt))
    except Refusal as refusal:
        if refusal.code == "not_found":  # a slip of the pen can be mended at the form
            refusal = Refusal(Fault("receipt_unknown", "receipt"))
        return visit.again("register/receipt.html", refusal, found=None, station=None)
    station = found.station_id and await stations.read_station(found.station_id)
    return visit.page("register/receipt.html", form=visit.form, found=found, station=station)


def _request(visit: Visit) -> Register:
    """What was typed, with what follows from it. Raises Refusal with every fault of the form."""
    form, today = visit.form, local_date(visit.call.now)
    form.set(**{"form.applied_on": today.isoformat(), "form.rules_version": RULES_VERSION})
    faults = _fill_from_number(form)
    if not form.value("form.household_local"):
        missing: dict[str, Any] = {"field": "household_local"}
        faults.append(Fault("field_missing", "form.household_local", missing))
    if any(form.value(name).strip() for name in _GUARDIAN):
        form.set(**{"form.guardian.consented_on": today.isoformat(),
                    "form.guardian.text_version": RULES_VERSION})  # fmt: skip
        if not form.has("guardian_agrees", "true"):
            faults.append(Fault("guardian_not_agreed", "guardian_agrees"))
    if form.value("rules_version") not in ("", RULES_VERSION):
        faults.append(Fault("rules_changed", "accept"))
    elif not form.has("accept", "true"):
        faults.append(Fault("rules_not_accepted", "accept"))
    try:
        request = form.into(Register)
    except Refusal as refusal:
        follows = _FOLLOWS if faults and faults[0].field == _NUMBER else ()
        others = (one for one in refusal.faults if one.field not in follows)
        raise Refusal(*others, *faults) from None
    if faults:
        raise Refusal(*faults)
    return request


def _fill_from_number(form: Form) -> list[Fault]:
    """Birth date and sex stand in the number: who has no scripts need not type them either.
    Of a wrong number they cannot be missed."""
    kind, number = form.value("form.document_kind"), form.value(_NUMBER)
    if not number.strip() or kind not in _KINDS:
        return []
    document = check_document(msgspec.convert(kind, DocumentKind), number)
    if isinstance(document, Fault):
        return [msgspec.structs.replace(document, field=_NUMBER)]
    if document.birth_date and document.sex:
        if not form.value("form.birth_date"):
            form.set(**{"form.birth_date": document.birth_date.isoformat()})
        if not form.value("form.sex"):
            form.set(**{"form.sex": document.sex})
    return []


async def _photo(form: Form) -> Picture | None:
    photo = form.files.get("photo")
    return await intake.taken_photo(await photo.read()) if photo else None


async def _choices(visit: Visit) -> dict[str, Any]:
    today: date = local_date(visit.call.now)
    return {
        "stations": [(str(one.id), one.name) for one in await stations.open_stations(today)],
        "kinds": [(one, term("document", one, visit.language)) for one in _KINDS],
        "categories": [(one, term("kind", one, visit.language)) for one in _CATEGORIES],
        "rules_version": RULES_VERSION,
        "today": today,
    }


def _kept(receipt: str, config: Config) -> Cookie:
    return Cookie(key=RECEIPT, value=receipt, path="/register", max_age=RECEIPT_SECONDS,
                  secure=config.cookie_secure, httponly=True, samesite="lax")  # fmt: skip


def router(config: Config) -> Router:
    """A photo may be larger than most forms."""
    return Router(
        "/register",
        request_max_body_size=config.photo_max_bytes,
        route_handlers=[show_form, register, done, show_receipt, read_receipt],
    )
