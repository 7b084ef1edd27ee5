"""At the site: the code on the screen, check-in and check-out."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from volunteer_svc.actions import check_ins
from volunteer_svc.actions.check_ins import (
    CheckedOut,
    CheckInRequest,
    CheckInView,
    CheckOutRequest,
    SiteCode,
)
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page


@get(
    "/site-code",
    **documented("showSiteCode", "The code of these 30 seconds, for the site's screen", 404, 409),
)
async def show_site_code(activity_id: FromPath[UUID], call: NamedDependency[Call]) -> SiteCode:
    return await check_ins.site_code(call, activity_id)


@get("/check-ins", **documented("listCheckIns", "Who is and was there", 404))
async def list_check_ins(
    activity_id: FromPath[UUID], call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[CheckInView]:
    rows = await check_ins.check_ins(call, activity_id, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda row: row.id)


@get(
    "/check-ins/{volunteer_id:uuid}",
    **documented("readCheckIn", "A volunteer's latest check-in here", 404),
)
async def read_check_in(
    activity_id: FromPath[UUID], volunteer_id: FromPath[UUID], call: NamedDependency[Call]
) -> CheckInView:
    return await check_ins.read_check_in(call, activity_id, volunteer_id)


@post("/check-ins", **documented("checkIn", "By the code, or by a tap of the staff", 404, *WRITES))
async def check_in(
    activity_id: FromPath[UUID],
    data: JSONBody[CheckInRequest],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> CheckInView:
    return await check_ins.check_in.once(once, call, activity_id, data)


@post("/check-outs", **documented("checkOut", "Gives a timed service record", 404, *WRITES))
async def check_out(
    activity_id: FromPath[UUID],
    data: JSONBody[CheckOutRequest],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> CheckedOut:
    return await check_ins.check_out.once(once, call, activity_id, data)


router = Router(
    "/activities/{activity_id:uuid}",
    tags=["activities"],
    route_handlers=[show_site_code, list_check_ins, read_check_in, check_in, check_out],
)
