"""Complaints about volunteers or by them."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from volunteer_svc.actions import complaint_files, complaints
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.complaints import (
    CloseComplaint,
    Complain,
    ComplaintView,
    NoteContact,
)
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page


@post(
    "/volunteers/{volunteer_id:uuid}/complaints",
    **documented("openComplaint", "Write a complaint down; heard in working days", 404, *WRITES),
)
async def open_complaint(
    volunteer_id: FromPath[UUID],
    data: JSONBody[Complain],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> ComplaintView:
    return await complaints.open_complaint.once(once, call, volunteer_id, data)


@get(
    "/volunteers/{volunteer_id:uuid}/complaints",
    **documented("listComplaintsOfVolunteer", "What a volunteer complained of himself", 404),
)
async def list_complaints_of_volunteer(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[ComplaintView]:
    rows = await complaints.complaints_by(
        call, volunteer_id, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


@get("/complaints", **documented("listComplaints", "What waits for the head, next due first"))
async def list_complaints(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
    overdue: FromQuery[bool] = False,
) -> Page[ComplaintView]:
    rows = await complaints.open_complaints(
        call, station_id=station_id, overdue=overdue, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


@get("/complaints/{complaint_id:uuid}", **documented("readComplaint", "A complaint", 404))
async def read_complaint(
    complaint_id: FromPath[UUID], call: NamedDependency[Call]
) -> ComplaintView:
    return await complaint_files.read_complaint(call, complaint_id)


@post(
    "/complaints/{complaint_id:uuid}/contact",
    status_code=200,
    **documented("noteContact", "The head called or met who complained", 404, *WRITES),
)
async def note_contact(
    complaint_id: FromPath[UUID],
    data: JSONBody[NoteContact],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> ComplaintView:
    return await complaints.note_contact.once(once, call, complaint_id, data)


@post(
    "/complaints/{complaint_id:uuid}/close",
    status_code=200,
    **documented("closeComplaint", "Close a complaint with its outcome", 404, *WRITES),
)
async def close_complaint(
    complaint_id: FromPath[UUID],
    data: JSONBody[CloseComplaint],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> ComplaintView:
    return await complaints.close_complaint.once(once, call, complaint_id, data)


router = Router(
    "/",
    tags=["complaints"],
    route_handlers=[
        open_complaint, list_complaints_of_volunteer, list_complaints, read_complaint,
        note_contact,
        close_complaint,
    ],
)  # fmt: skip
