"""A volunteer's own sign-ups, and what he is to be told of them."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import notices, signups
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.signups import SignupView
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.store.signups import Notice


@get(
    "/sign-ups",
    **documented("listSignupsOfVolunteer", "A volunteer's sign-ups, as they were made", 404),
)
async def list_signups_of(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[SignupView]:
    rows = await signups.signups_of(call, volunteer_id, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda row: row.id)


@get("/notices", **documented("listNotices", "Cancelled activities, places moved up to", 404))
async def list_notices(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[Notice]:
    rows = await notices.notices(call, volunteer_id, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda row: row.id)


@post(
    "/notices/read",
    status_code=204,
    **documented("readNotices", "All notices have been read", 404, *WRITES),
)
async def read_notices(
    volunteer_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> None:
    await notices.read_notices.once(once, call, volunteer_id)


router = Router(
    "/volunteers/{volunteer_id:uuid}",
    tags=["activities"],
    route_handlers=[list_signups_of, list_notices, read_notices],
)
