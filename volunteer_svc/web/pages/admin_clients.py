"""Other services: added with their scopes, their keys shown once, rotated, closed."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import clients
from volunteer_svc.actions.clients import OVERLAP_DAYS, NewClient, RotateKey
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.identity.permissions import SCOPES
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 20
link(
    Entry(frame="staff", path="/staff/clients", word="admin.nav_clients", icon="key",
          operation="listClients", order=93),
)  # fmt: skip


async def _context(visit: Visit) -> dict[str, Any]:
    asked = visit.asked(PAGE_LENGTH)
    rows = await clients.clients(visit.call, after=asked.after_id(), limit=asked.fetch)
    return {"listed": asked.page(rows, lambda one: one.id), "scopes": sorted(SCOPES)}


@get("/staff/clients", **page("listClients"))
async def show(visit: NamedDependency[Visit]) -> Response[bytes]:
    return visit.page("admin/clients.html", **await _context(visit))


@post("/staff/clients", **page("addClient"))
async def add(visit: NamedDependency[Visit]) -> Response[bytes]:
    """A double click is one client, and shows its one key."""
    try:
        request = visit.form.into(NewClient)
        made = await clients.add_client.once(visit.once(), visit.call, request)
    except Refusal as refusal:
        return visit.again("admin/clients.html", refusal, **await _context(visit))
    return visit.page("admin/client_key.html", made=made, overlap=None)


@get("/staff/clients/{client_id:uuid}/rotate", **page("rotateClientKey"))
async def show_rotate(visit: NamedDependency[Visit], client_id: FromPath[UUID]) -> Response[bytes]:
    return visit.page("admin/client_rotate.html", client_id=client_id, days=OVERLAP_DAYS)


@post("/staff/clients/{client_id:uuid}/rotate", **page("rotateClientKey"))
async def rotate(visit: NamedDependency[Visit], client_id: FromPath[UUID]) -> Response[bytes]:
    """With a week beside the old key, or without when that one is known to others."""
    at_once = visit.form.value("at_once") == "true"
    request = RotateKey(old_until=visit.call.now - timedelta(seconds=1) if at_once else None)
    try:
        made = await clients.rotate_key.once(visit.once(), visit.call, client_id, request)
    except Refusal as refusal:
        return visit.again(
            "admin/client_rotate.html", refusal, client_id=client_id, days=OVERLAP_DAYS
        )
    return visit.page("admin/client_key.html", made=made, overlap=None if at_once else OVERLAP_DAYS)


@post("/staff/clients/{client_id:uuid}/close", **page("closeClient"))
async def close(visit: NamedDependency[Visit], client_id: FromPath[UUID]) -> Response[bytes]:
    await clients.close_client.once(visit.once(), visit.call, client_id)
    return visit.done("/staff/clients", "admin.client_closed_done")


router = Router("/", route_handlers=[show, add, show_rotate, rotate, close])
