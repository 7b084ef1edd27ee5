"""At the site: the screen with the code that changes, and who is there, by a tap."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import activities, attendance, check_ins, named
from volunteer_svc.actions.check_ins import CheckInRequest, CheckOutRequest
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.addresses import whole_address
from volunteer_svc.web.pages.activities import HOME
from volunteer_svc.web.pages.my_activities import HOME as OF_VOLUNTEERS
from volunteer_svc.web.qr import qr_picture
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 100


class Tap(msgspec.Struct, frozen=True):
    volunteer_id: UUID
    direction: Literal["in", "out"]


@get(f"{HOME}/{{activity_id:uuid}}/site", **page("showSiteCode"))
async def show_site(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    """Comes again by itself: the script asks for this page anew, a refresh does without it."""
    activity = await activities.read_activity(visit.call, activity_id)
    context: dict[str, Any] = {
        "activity": activity,
        "stations": await named.stations_named(),
        "there": await attendance.present(visit.call, activity_id),
    }
    try:
        shown = await check_ins.site_code(visit.call, activity_id)
    except Refusal as refusal:
        if refusal.kind != "conflict":
            raise
        return visit.page(
            "activities/site.html", code=None, why=visit.sentence(refusal.faults[0]), **context
        )
    path = f"{OF_VOLUNTEERS}/{activity_id}/here?code={shown.code}"
    left = (shown.valid_until - visit.call.now).total_seconds()
    return visit.page(
        "activities/site.html",
        code=f"{shown.code[:4]} {shown.code[4:]}",
        seconds=max(1, min(shown.step_seconds, int(left) + 1)),
        picture=qr_picture(whole_address(visit, path)),
        **context,
    )


@get(f"{HOME}/{{activity_id:uuid}}/attendance", **page("listCheckIns"))
async def show_attendance(
    visit: NamedDependency[Visit], activity_id: FromPath[UUID]
) -> Response[bytes]:
    return visit.page("activities/attendance.html", **await _attendance(visit, activity_id))


@post(f"{HOME}/{{activity_id:uuid}}/attendance", **page("checkIn"))
async def tap(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    there = f"{HOME}/{activity_id}/attendance"
    try:
        tapped = visit.form.into(Tap)
        if tapped.direction == "in":
            came = CheckInRequest(volunteer_id=tapped.volunteer_id)
            await check_ins.check_in.once(visit.once(), visit.call, activity_id, came)
            return visit.done(there, "activities.in_said")
        leaves = CheckOutRequest(volunteer_id=tapped.volunteer_id)
        left = await check_ins.check_out.once(visit.once(), visit.call, activity_id, leaves)
    except Refusal as refusal:
        context = await _attendance(visit, activity_id)
        return visit.again("activities/attendance.html", refusal, **context)
    return visit.done(there, f"activities.out_{left.outcome}_said")


async def _attendance(visit: Visit, activity_id: UUID) -> dict[str, Any]:
    asked = visit.asked(PAGE_LENGTH)
    activity = await activities.read_activity(visit.call, activity_id)
    rows = await attendance.attendance(
        visit.call, activity_id, after=asked.after_id(), limit=asked.fetch
    )
    listed = asked.page(rows, lambda row: row.signup.id)
    here = [row.signup.volunteer_id for row in listed.items]
    return {
        "activity": activity,
        "listed": listed,
        "people": await named.volunteers_named(visit.call, here),
        "stations": await named.stations_named(),
        "present": await attendance.present(visit.call, activity_id),
        "own": getattr(visit.actor, "volunteer_id", None),
    }


router = Router("/", route_handlers=[show_site, show_attendance, tap])
