"""At the desk: a volunteer, a minor with the guardian, agrees to be named outside the station."""

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import name_consents, volunteers
from volunteer_svc.actions.name_consents import ConsentToName
from volunteer_svc.domain.errors import Fault, Refusal
from volunteer_svc.web.pages.rules import RULES_VERSION
from volunteer_svc.web.visit import Visit, page

_PATH = "/staff/volunteers/{volunteer_id:uuid}/naming"


@get(_PATH, **page("setNameConsent"))
async def show(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    return await _page(visit, volunteer_id)


@post(_PATH, **page("setNameConsent"))
async def decide(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    """To give it wants a tick: that he said so here."""
    try:
        request = visit.form.into(ConsentToName, text_version=RULES_VERSION)
        _sure(visit, request)
        await name_consents.set_name_consent.once(visit.once(), visit.call, volunteer_id, request)
    except Refusal as refusal:
        return await _page(visit, volunteer_id, refusal)
    said = "volunteers.naming_said_given" if request.named else "volunteers.naming_said_taken"
    return visit.done(f"/staff/volunteers/{volunteer_id}/naming", said)


def _sure(visit: Visit, request: ConsentToName) -> None:
    if request.named and not visit.form.has("sure", "true"):
        raise Refusal(Fault("not_confirmed", "sure"))


async def _page(
    visit: Visit, volunteer_id: UUID, refusal: Refusal | None = None
) -> Response[bytes]:
    context: dict[str, Any] = {
        "person": await volunteers.read_volunteer(visit.call, volunteer_id),
        "naming": await name_consents.read_name_consent(visit.call, volunteer_id),
    }
    if refusal is not None:
        return visit.again("volunteers/naming.html", refusal, **context)
    return visit.page("volunteers/naming.html", **context)


router = Router("/", route_handlers=[show, decide])
