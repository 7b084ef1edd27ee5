"""For everybody: is this certificate genuine, and what does this badge stand for?"""

from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from volunteer_svc.actions import badges, certificate_papers
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.domain.badge import Issuer
from volunteer_svc.domain.certificate import normalise_code
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.visit import Visit, page


class _Typed(msgspec.Struct, frozen=True):
    code: Annotated[str, Meta(min_length=1, max_length=100)]


@get("/verify", **page("open"))
async def show_form(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("verify/form.html")


@post("/verify", guards=[limited("verifications")], **page("open"))
async def look_up(visit: NamedDependency[Visit]) -> Response[bytes]:
    """On to the page of the code; what is no code is as unknown as the others."""
    try:
        typed = visit.form.into(_Typed).code
        await certificate_papers.verify(typed)
    except Refusal as refusal:
        visit.form.refused(refusal)
        return visit.page("verify/form.html", status=422, form=visit.form)
    return visit.done(f"/verify/{normalise_code(typed)}")


@get("/verify/{code:str}", guards=[limited("verifications")], **page("verifyCertificate"))
async def show_certificate(visit: NamedDependency[Visit], code: FromPath[str]) -> Response[bytes]:
    try:
        found = await certificate_papers.verify(code)
    except Refusal as refusal:
        if refusal.kind != "not_found":
            raise
        return visit.page("verify/unknown.html", status=404)
    return visit.page("verify/shown.html", one=found)


@get("/badges/{code:str}", guards=[limited("verifications")], **page("readSharedBadge"))
async def show_badge(visit: NamedDependency[Visit], code: FromPath[str]) -> Response[bytes]:
    found = await badges.shared_badge(code)
    issuer = Issuer(visit.config.origin)
    return visit.page("verify/badge.html", one=found, issuer=issuer, code=code)


router = Router("/", route_handlers=[show_form, look_up, show_certificate, show_badge])
