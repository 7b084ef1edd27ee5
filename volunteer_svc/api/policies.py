"""The numbers of the rules in force today."""

from litestar import Router, get

from volunteer_svc import clock, store
from volunteer_svc.api.documented import documented
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.policy import Policy


@get("/", **documented("readPolicy", "The policy in force", signed_in=False))
async def read_policy() -> Policy:
    return (await store.policies.load()).on(local_date(clock.now()))


router = Router("/policy", tags=["policy"], route_handlers=[read_policy])
