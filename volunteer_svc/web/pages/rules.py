"""What somebody accepts who registers: rules and privacy notice, texts with a version."""

from litestar import Response, Router, get
from litestar.di import NamedDependency

from volunteer_svc.web.visit import Visit, page

RULES_VERSION = "2026-11"
"""Goes up with every change of the texts `rules.*`: a registration keeps which one was accepted."""


@get("/rules", **page("open"))
async def rules(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("rules/rules.html", version=RULES_VERSION)


@get("/privacy", **page("open"))
async def privacy(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("rules/privacy.html", version=RULES_VERSION)


router = Router("/", route_handlers=[rules, privacy])
