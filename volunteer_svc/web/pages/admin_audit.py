"""The audit trail, who has read a file, third parties' letters."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import accesses, audit_trail, disclosures, named
from volunteer_svc.actions.audit_trail import KINDS, AuditSearch
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.changes import changes_of, short
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 50
link(
    Entry(frame="staff", path="/staff/audit", word="admin.nav_audit", icon="search",
          operation="listAuditEntries", order=94),
    Entry(frame="staff", path="/staff/disclosures", word="admin.nav_disclosures", icon="lock",
          operation="listDisclosures", order=65),
)  # fmt: skip


class Waiting(msgspec.Struct, frozen=True):
    waiting: Literal["yes", "all"] = "yes"


class Which(msgspec.Struct, frozen=True):
    disclosure_id: UUID


@get("/staff/audit", **page("listAuditEntries"))
async def show(visit: NamedDependency[Visit]) -> Response[bytes]:
    wanted, asked = visit.query(AuditSearch), visit.asked(PAGE_LENGTH)
    found = await audit_trail.search_audit(
        visit.call, wanted, before=asked.before_number(), limit=asked.fetch
    )
    return visit.page(
        "admin/audit.html",
        shown=wanted,
        names=found.names,
        kinds=KINDS,
        changes={
            one.seq: changes_of(one.detail, found.names, visit.language) for one in found.entries
        },
        short=short,
        narrowed=wanted != AuditSearch(),
        listed=asked.page(found.entries, lambda one: one.seq),
    )


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
    listed = asked.page(rows, lambda one: one.id)
    people = await named.volunteers_named(visit.call, [one.volunteer_id for one in listed.items])
    return {"shown": shown, "listed": listed, "people": people}


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
