"""Reading in full, who has read, third parties' letters, and the audit trail."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from volunteer_svc.actions import accesses, disclosures
from volunteer_svc.actions.accesses import AccessView, AuditView, Reveal, Revealed
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.disclosures import AskDisclosure, DisclosureView
from volunteer_svc.api.documented import BODY, WRITES, documented
from volunteer_svc.api.pages import Asked, Page

Subject = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^[a-z_]{1,24}/[0-9a-f-]{1,36}$",
        description="`volunteer/<id>`, `station/<id>`, `account/<id>` …",
    ),
]


@post(
    "/volunteers/{volunteer_id:uuid}/reveal",
    status_code=200,
    **documented(
        "revealVolunteer", "Masked fields in full; every reading is kept", 404, 422, *BODY
    ),
)
async def reveal_volunteer(
    volunteer_id: FromPath[UUID], data: JSONBody[Reveal], call: NamedDependency[Call]
) -> Revealed:
    return await accesses.reveal(call, volunteer_id, data)


@get(
    "/volunteers/{volunteer_id:uuid}/accesses",
    **documented("listAccesses", "Who has looked at this file, when and why", 404),
)
async def list_accesses(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[AccessView]:
    rows = await accesses.accesses(
        call, volunteer_id, after=asked.after_number(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.seq)


@post(
    "/volunteers/{volunteer_id:uuid}/disclosures",
    **documented("askDisclosure", "A third party asks by letter to read of a file", 404, *WRITES),
)
async def ask_disclosure(
    volunteer_id: FromPath[UUID],
    data: JSONBody[AskDisclosure],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> DisclosureView:
    return await disclosures.ask_disclosure.once(once, call, volunteer_id, data)


@post(
    "/disclosures/{disclosure_id:uuid}/approve",
    status_code=200,
    **documented("approveDisclosure", "The head lets a third party read", 404, 409, 422),
)
async def approve_disclosure(
    disclosure_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> DisclosureView:
    return await disclosures.approve_disclosure.once(once, call, disclosure_id)


@get("/disclosures", **documented("listDisclosures", "Third parties' letters, in order"))
async def list_disclosures(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    waiting: FromQuery[bool] = False,
) -> Page[DisclosureView]:
    rows = await disclosures.disclosures(
        call, waiting=waiting, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


@get("/audit-entries", **documented("listAuditEntries", "Every change: who, when, from where"))
async def list_audit_entries(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    subject: Subject = None,
    actor_id: FromQuery[UUID | None] = None,
) -> Page[AuditView]:
    rows = await accesses.audit_entries(
        call, subject=subject, actor_id=actor_id, after=asked.after_number(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.seq)


router = Router(
    "/",
    tags=["trails"],
    route_handlers=[
        reveal_volunteer, list_accesses, ask_disclosure, approve_disclosure, list_disclosures,
        list_audit_entries,
    ],
)  # fmt: skip
