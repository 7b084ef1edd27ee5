"""The audit trail, who has read a file, third parties' letters."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from volunteer_svc.actions import accesses, disclosures, named
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 50
link(
    Entry(frame="staff", path="/staff/audit", word="admin.nav_audit", icon="search",
          operation="listAuditEntries", order=94),
    Entry(frame="staff", path="/staff/disclosures", word="admin.nav_disclosures", icon="lock",
          operation="listDisclosures", order=65),
)  # fmt: skip


class Shown(msgspec.Struct, frozen=True):
    subject: Annotated[str, Meta(pattern=r"^[a-z_]{1,24}/[0-9a-f-]{1,36}$")] | None = None
    actor_id: UUID | None = None


class Waiting(msgspec.Struct, frozen=True):
    waiting: Literal["yes", "all"] = "yes"


class Which(msgspec.Struct, frozen=True):
    disclosure_id: UUID


@get("/staff/audit", **page("listAuditEntries"))
async def show(visit: NamedDependency[Visit]) -> Response[bytes]:
    shown, asked = visit.query(Shown), visit.asked(PAGE_LENGTH)
    rows = await accesses.audit_entries(
        visit.call, subject=shown.subject, actor_id=shown.actor_id,
        after=asked.after_number(), limit=asked.fetch,
    )  # fmt: skip
    return visit.page("admin/audit.html", shown=shown, listed=asked.page(rows, lambda one: one.seq))


@get("/staff/volunteers/{volunteer_id:uuid}/readers", **page("listAccesses"))
async def readers(visit: NamedDependency[Visit], volunteer_id: FromPath[UUID]) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    rows = await accesses.accesses(
        visit.call, volunteer_id, after=asked.after_number(), limit=asked.fetch, newest_first=True
    )
    people = await named.volunteers_named(visit.call, [volunteer_id])
    listed = asked.page(rows, lambda one: one.seq)
    return visit.page("admin/readers.html", person=people[volunteer_id], listed=listed)


async def _letters(visit: Visit) -> dict[str, Any]:
    shown, asked = visit.query(Waiting), visit.asked(PAGE_LENGTH)
    rows = await disclosures.disclosures(
        visit.call, waiting=shown.waiting == "yes", after=asked.after_id(), limit=asked.fetch
    )
    return {"shown": shown, "listed": asked.page(rows, lambda one: one.id)}


@get("/staff/disclosures", **page("listDisclosures"))
async def letters(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("admin/disclosures.html", **await _letters(visit))


@post("/staff/disclosures", **page("approveDisclosure"))
async def approve(visit: NamedDependency[Visit]) -> Response[bytes]:
    try:
        which = visit.form.into(Which).disclosure_id
        await disclosures.approve_disclosure.once(visit.once(), visit.call, which)
    except Refusal as refusal:
        return visit.again("admin/disclosures.html", refusal, **await _letters(visit))
    return visit.done("/staff/disclosures", "admin.approved")


router = Router("/", route_handlers=[show, readers, letters, approve])
