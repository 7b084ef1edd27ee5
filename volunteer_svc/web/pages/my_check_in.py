"""At the site, with a telephone: check in and out by the code on the screen there."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import agenda, check_ins
from volunteer_svc.actions.check_ins import CheckInRequest, CheckOutRequest
from volunteer_svc.domain.calendar import BUSINESS_ZONE
from volunteer_svc.domain.check_in import CODE_CHARACTERS
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.hours import hours_shown
from volunteer_svc.web.forms import Form
from volunteer_svc.web.pages.me import own_id
from volunteer_svc.web.pages.my_activities import HOME, context
from volunteer_svc.web.visit import Visit, page


class _Step(msgspec.Struct, frozen=True):
    """Stands in the form: a second click must not check out who has just come."""

    direction: Literal["in", "out"]


@get("/", **page("checkIn"))
async def show(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    """By the link of the QR code the code is filled in; one press is left to the person."""
    code = visit.request.query_params.get("code", "")[: 2 * CODE_CHARACTERS]
    form = Form.showing(code=code)
    return visit.page("my_activities/here.html", form=form, **await _here(visit, activity_id))


@post("/", **page("checkIn"))
async def check(visit: NamedDependency[Visit], activity_id: FromPath[UUID]) -> Response[bytes]:
    me, there = own_id(visit), f"{HOME}/{activity_id}"
    try:
        if visit.form.into(_Step).direction == "in":
            request = visit.form.into(CheckInRequest, volunteer_id=me)
            came = await check_ins.check_in.once(visit.once(), visit.call, activity_id, request)
            clock = came.in_at.astimezone(BUSINESS_ZONE)
            return visit.done(there, "my_activities.in_said", time=f"{clock:%H:%M}")
        leaves = visit.form.into(CheckOutRequest, volunteer_id=me)
        left = await check_ins.check_out.once(visit.once(), visit.call, activity_id, leaves)
    except Refusal as refusal:
        return visit.again("my_activities/here.html", refusal, **await _here(visit, activity_id))
    said = f"my_activities.out_{left.outcome}_said"
    tone = "good" if left.outcome == "counted" else "info"
    return visit.done(there, said, tone=tone, hours=hours_shown(left.minutes))


async def _here(visit: Visit, activity_id: UUID) -> dict[str, Any]:
    looked = await agenda.look(visit.call, own_id(visit), activity_id)
    shown = {"item": looked.item, "activity": looked.item.activity}
    return shown | await context(visit)


router = Router(f"{HOME}/{{activity_id:uuid}}/here", route_handlers=[show, check])
