"""Complaints as the head works them off: hear who complained in time, then close (R14)."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from volunteer_svc.actions import complaint_files, complaints, named
from volunteer_svc.actions.complaints import CloseComplaint, NoteContact
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.web.forms import Form
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

PAGE_LENGTH = 25
HOME = "/staff/complaints"

link(
    Entry(frame="staff", path=HOME, word="complaints.nav", icon="bell",
          operation="listComplaints", order=62),
)  # fmt: skip


class Which(msgspec.Struct, frozen=True):
    closed: bool = False


@get(HOME, **page("listComplaints"))
async def show_complaints(visit: NamedDependency[Visit]) -> Response[bytes]:
    shown, asked, call = visit.query(Which), visit.asked(PAGE_LENGTH), visit.call
    if shown.closed:
        rows = await complaint_files.closed_complaints(
            call, station_id=None, before=asked.after_id(), limit=asked.fetch
        )
    else:
        rows = await complaints.open_complaints(
            call, station_id=None, overdue=False, after=asked.after_id(), limit=asked.fetch
        )
    listed = asked.page(rows, lambda one: one.id)
    wanted = [one.volunteer_id for one in listed.items]
    return visit.page(
        "complaints/list.html",
        shown=shown,
        listed=listed,
        people=await named.volunteers_named(call, wanted),
    )


@get(f"{HOME}/{{complaint_id:uuid}}", **page("readComplaint"))
async def show_complaint(
    visit: NamedDependency[Visit], complaint_id: FromPath[UUID]
) -> Response[bytes]:
    return await _one(visit, complaint_id)


@post(f"{HOME}/{{complaint_id:uuid}}/contact", **page("noteContact"))
async def note_contact(
    visit: NamedDependency[Visit], complaint_id: FromPath[UUID]
) -> Response[bytes]:
    try:
        request = visit.form.into(NoteContact)
        await complaints.note_contact.once(visit.once(), visit.call, complaint_id, request)
    except Refusal as refusal:
        return await _one(visit, complaint_id, refusal, at="contact")
    return visit.done(f"{HOME}/{complaint_id}", "complaints.contact_said")


@post(f"{HOME}/{{complaint_id:uuid}}/close", **page("closeComplaint"))
async def close(visit: NamedDependency[Visit], complaint_id: FromPath[UUID]) -> Response[bytes]:
    try:
        request = visit.form.into(CloseComplaint)
        await complaints.close_complaint.once(visit.once(), visit.call, complaint_id, request)
    except Refusal as refusal:
        return await _one(visit, complaint_id, refusal, at="close")
    return visit.done(f"{HOME}/{complaint_id}", "complaints.closed_said")


@get([f"{HOME}/{{complaint_id:uuid}}/{act}" for act in ("contact", "close")],
     **page("readComplaint"))  # fmt: skip
async def show_again(
    visit: NamedDependency[Visit], complaint_id: FromPath[UUID]
) -> Response[bytes]:
    return visit.done(f"{HOME}/{complaint_id}")


async def _one(
    visit: Visit, complaint_id: UUID, refusal: Refusal | None = None, *, at: str = ""
) -> Response[bytes]:
    """The next step's form alone: to hear who complained, or to close; `at`: the one refused."""
    complaint = await complaint_files.read_complaint(visit.call, complaint_id)
    people = await named.volunteers_named(visit.call, [complaint.volunteer_id])
    context: dict[str, Any] = {
        "complaint": complaint,
        "person": people.get(complaint.volunteer_id),
        "at": at or ("contact" if complaint.contacted_on is None else "close"),
    }
    if refusal is not None:
        return visit.again("complaints/one.html", refusal, **context)
    return visit.page("complaints/one.html",
                      form=Form.showing(on=local_date(visit.call.now)), **context)  # fmt: skip


router = Router("/", route_handlers=[
    show_complaints, show_complaint, note_contact, close, show_again,
])  # fmt: skip
