"""Honours from outside: who was nominated, and what was granted."""

from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import awards, named
from volunteer_svc.actions.awards import CloseNomination
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 25
NOMINATIONS_MAX = 200
HOME = "/staff/honours"

link(
    Entry(frame="staff", path=HOME, word="honours.nav", icon="medal",
          operation="listNominations", order=72),
)  # fmt: skip


@get(HOME, **page("listNominations"))
async def show_honours(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _honours(visit)


@post("/staff/nominations/{nomination_id:uuid}", **page("closeNomination"))
async def close(visit: NamedDependency[Visit], nomination_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(CloseNomination)
        await awards.close_nomination.once(visit.once(), visit.call, nomination_id, request)
    except Refusal as refusal:
        return await _honours(visit, refusal)
    return visit.done(HOME, "honours.closed_said")


@get("/staff/nominations/{nomination_id:uuid}", **page("listNominations"))
async def show_again(
    visit: NamedDependency[Visit], nomination_id: FromPath[UUID]
) -> Response[bytes]:
    return visit.done(f"{HOME}#n-{nomination_id}")


async def _honours(visit: Visit, refusal: Refusal | None = None) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    waits = await awards.open_nominations(
        visit.call, station_id=None, after=None, limit=NOMINATIONS_MAX
    )
    rows = await awards.newest_awards(
        visit.call, station_id=None, before=asked.after_id(), limit=asked.fetch
    )
    listed = asked.page(rows, lambda one: one.id)
    wanted = {one.volunteer_id for one in waits} | {one.volunteer_id for one in listed.items}
    context: dict[str, Any] = {
        "waits": waits,
        "listed": listed,
        "people": await named.volunteers_named(visit.call, wanted),
    }
    if refusal is not None:
        return visit.again("honours/list.html", refusal, **context)
    return visit.page("honours/list.html", **context)


router = Router("/", route_handlers=[show_honours, close, show_again])
