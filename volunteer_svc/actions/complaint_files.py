"""Complaints to read: one, those that are closed, those of a volunteer."""

from uuid import UUID

from volunteer_svc import store
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.actions.complaints import ComplaintView, complaint_view
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.complaint import handling_fault
from volunteer_svc.domain.errors import Refusal, not_found
from volunteer_svc.identity import person_keys
from volunteer_svc.identity.permissions import require, require_staff, stations_seen
from volunteer_svc.store.complaints import Complaint


@reading
async def read_complaint(call: Call, complaint_id: UUID) -> ComplaintView:
    """For whoever hears it. Raises `own_complaint`, `not_found`, `forbidden`."""
    staff = require_staff(call.actor, "complaint.answer")
    row = await store.complaints.find(complaint_id)
    require(staff, "complaint.answer", row.station_id if row else complaint_id)
    if row is None:
        raise not_found("complaint")
    fault = handling_fault(staff, row.volunteer_id)
    if fault is not None:
        raise Refusal(fault)
    return (await _shown(call, [row]))[0]


@reading
async def closed_complaints(
    call: Call, *, station_id: UUID | None, before: UUID | None, limit: int
) -> list[ComplaintView]:
    """Those with an outcome, the last made first. Raises `forbidden`."""
    where = stations_seen(call.actor, "complaint.answer", station_id)
    return await _shown(
        call, await store.complaints.closed(station_id=where, before=before, limit=limit)
    )


@reading
async def complaints_of(call: Call, volunteer_id: UUID) -> list[ComplaintView]:
    """By a volunteer and about him, for whoever hears them. Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require(call.actor, "complaint.answer", home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    return await _shown(call, await store.complaints.of(volunteer_id))


async def _shown(call: Call, rows: list[Complaint]) -> list[ComplaintView]:
    keys = await person_keys.of({row.volunteer_id for row in rows})
    staff = require_staff(call.actor, "complaint.answer")
    for row in rows:
        call.notes.looked(row.volunteer_id, fields=["complaints"])
        if handling_fault(staff, row.volunteer_id) is not None:  # who complained of himself
            keys.pop(row.volunteer_id, None)
    today = local_date(call.now)
    return [complaint_view(row, keys.get(row.volunteer_id), today) for row in rows]
