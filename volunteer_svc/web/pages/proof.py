"""What proves the past: when all was recomputed and what was found, and the signed heads."""

import base64

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency

from volunteer_svc.actions import proofs
from volunteer_svc.api.attached import attached
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

RUNS = 10
PAGE_LENGTH = 30

link(
    Entry(frame="staff", path="/staff/proof", word="proof.nav", icon="lock",
          operation="listAuditEntries", order=95),
)  # fmt: skip


@get("/staff/proof", **page("listAuditEntries"))
async def show(visit: NamedDependency[Visit]) -> Response[bytes]:
    asked = visit.asked(PAGE_LENGTH)
    heads = await proofs.heads(visit.call, before=asked.after_number(), limit=asked.fetch)
    listed = asked.page(heads, lambda one: one.number)
    return visit.page(
        "proof/show.html",
        runs=await proofs.verifications(visit.call, limit=RUNS),
        listed=listed,
        keys=[base64.b64encode(one).decode() for one in {head.public_key for head in heads}],
    )


@get("/staff/proof/heads.json", **page("listAuditEntries"))
async def export(visit: NamedDependency[Visit]) -> Response[bytes]:
    """All heads in the form of the command `head`, one a line: each proves the past by itself."""
    lines = [msgspec.json.encode(one) for one in await proofs.export_heads(visit.call)]
    return attached(b"\n".join([*lines, b""]), "heads.json", "application/x-ndjson")


router = Router("/", route_handlers=[show, export])
