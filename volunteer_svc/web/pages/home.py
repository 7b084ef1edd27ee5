"""The first page: who comes here, and where to."""

from litestar import Response, Router, get
from litestar.di import NamedDependency

from volunteer_svc.domain.actor import Self, Staff
from volunteer_svc.web.visit import Visit, page


@get("/", **page("open"))
async def home(visit: NamedDependency[Visit]) -> Response[bytes]:
    match await visit.somebody():
        case Self():
            return visit.done("/me")
        case Staff():
            return visit.done("/staff")
    return visit.page("home.html")


@get("/staff", **page("signed_in"))
async def staff_home(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The first page of the navigation, which differs by role."""
    if isinstance(visit.actor, Self):
        return visit.done("/me")
    first = visit.entries("staff")
    return visit.done(first[0].path)


router = Router("/", route_handlers=[home, staff_home])
