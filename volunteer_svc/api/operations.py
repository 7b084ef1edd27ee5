"""Where the events stand, for the staff's page and for other services."""

from litestar import Router, get
from litestar.di import NamedDependency

from volunteer_svc.actions import standing
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.standing import Standing
from volunteer_svc.api.documented import documented


@get("/", **documented("readOperations", "Where outbox, log, ways out and deliveries stand"))
async def read_operations(call: NamedDependency[Call]) -> Standing:
    return await standing.read_standing(call)


router = Router("/operations", tags=["events"], route_handlers=[read_operations])
