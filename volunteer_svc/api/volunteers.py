"""Volunteers: found, read, edited, suspended, leaving; their ledger, stars and records."""

from uuid import UUID

from litestar import Response, Router, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from volunteer_svc.actions import (
    identities,
    merging,
    registrations,
    service_records,
    sessions,
    transfers,
    volunteers,
)
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.identities import CorrectIdentity
from volunteer_svc.actions.merging import Merged, MergeVolunteer
from volunteer_svc.actions.registrations import Enrol, EnrolOutcome
from volunteer_svc.actions.sessions import Slip
from volunteer_svc.actions.transfers import TransferVolunteer
from volunteer_svc.actions.volunteer_view import VolunteerView
from volunteer_svc.actions.volunteers import (
    EditVolunteer,
    Search,
    StarView,
    WithReason,
)
from volunteer_svc.api.calls import tagged
from volunteer_svc.api.documented import BODY, EDITS, WRITES, documented
from volunteer_svc.api.pages import Asked, Page, RecordStateFilter
from volunteer_svc.store.ledger import LedgerRow
from volunteer_svc.store.service_records import RecordRow


@post("/", **documented("enrolVolunteer", "Type in a paper form at the desk", *WRITES))
async def enrol_volunteer(
    data: JSONBody[Enrol], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> EnrolOutcome:
    return await registrations.enrol_volunteer.once(once, call, data)


@post(
    "/search",
    status_code=200,
    **documented("searchVolunteers", "Find volunteers; numbers are matched whole", *BODY),
)
async def search_volunteers(
    data: JSONBody[Search], call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[VolunteerView]:
    rows = await volunteers.find_volunteers(call, data, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda volunteer: volunteer.id)


@get(
    "/{volunteer_id:uuid}",
    **documented("readVolunteer", "One volunteer, secrets masked", 404, etag=True),
)
async def read_volunteer(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call]
) -> Response[VolunteerView]:
    view = await volunteers.read_volunteer(call, volunteer_id)
    return tagged(view, view.revision)


@patch(
    "/{volunteer_id:uuid}",
    **documented("editVolunteer", "Change contacts and skills", *EDITS),
)
async def edit_volunteer(
    volunteer_id: FromPath[UUID],
    data: JSONBody[EditVolunteer],
    call: NamedDependency[Call],
    revision: NamedDependency[int | None],
) -> Response[VolunteerView]:
    view = await volunteers.edit_volunteer(call, volunteer_id, data, revision)
    return tagged(view, view.revision)


@post(
    "/{volunteer_id:uuid}/suspend",
    status_code=200,
    **documented("suspendVolunteer", "May not serve from today", 404, 412, *WRITES),
)
async def suspend_volunteer(
    volunteer_id: FromPath[UUID],
    data: JSONBody[WithReason],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
    revision: NamedDependency[int | None],
) -> Response[VolunteerView]:
    view = await volunteers.suspend.once(once, call, volunteer_id, data, revision)
    return tagged(view, view.revision)


@post(
    "/{volunteer_id:uuid}/reinstate",
    status_code=200,
    **documented("reinstateVolunteer", "May serve again from today", 404, 409, 412, 422),
)
async def reinstate_volunteer(
    volunteer_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
    revision: NamedDependency[int | None],
) -> Response[VolunteerView]:
    view = await volunteers.reinstate.once(once, call, volunteer_id, revision)
    return tagged(view, view.revision)


@post(
    "/{volunteer_id:uuid}/exit",
    status_code=200,
    **documented("exitVolunteer", "Leaves today; the file is kept", 404, 412, *WRITES),
)
async def exit_volunteer(
    volunteer_id: FromPath[UUID],
    data: JSONBody[WithReason],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
    revision: NamedDependency[int | None],
) -> Response[VolunteerView]:
    view = await volunteers.exit_volunteer.once(once, call, volunteer_id, data, revision)
    return tagged(view, view.revision)


@post(
    "/{volunteer_id:uuid}/transfer",
    status_code=200,
    **documented("transferVolunteer", "Moves to another station, with consent", 404, 412, *WRITES),
)
async def transfer_volunteer(
    volunteer_id: FromPath[UUID],
    data: JSONBody[TransferVolunteer],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
    revision: NamedDependency[int | None],
) -> Response[VolunteerView]:
    view = await transfers.transfer_volunteer.once(once, call, volunteer_id, data, revision)
    return tagged(view, view.revision)


@post(
    "/{volunteer_id:uuid}/slip",
    **documented("giveSlip", "A one-time slip to set a first password with", 404, 409, 422),
)
async def give_slip(
    volunteer_id: FromPath[UUID],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Slip:
    return await sessions.give_slip.once(once, call, volunteer_id)


@get(
    "/{volunteer_id:uuid}/ledger",
    **documented("readLedger", "Every change of the counted minutes", 404),
)
async def read_ledger(
    volunteer_id: FromPath[UUID], call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[LedgerRow]:
    rows = await volunteers.read_ledger(
        call, volunteer_id, after=asked.after_number(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.seq)


@get(
    "/{volunteer_id:uuid}/stars",
    **documented("readStars", "The star, its explanation, what the next one misses", 404),
)
async def read_stars(volunteer_id: FromPath[UUID], call: NamedDependency[Call]) -> StarView:
    return await volunteers.read_stars(call, volunteer_id)


@get(
    "/{volunteer_id:uuid}/service-records",
    **documented("listRecordsOfVolunteer", "A volunteer's records at all stations", 404),
)
async def list_records_of_volunteer(
    volunteer_id: FromPath[UUID],
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    record_state: RecordStateFilter = None,
) -> Page[RecordRow]:
    rows = await service_records.records_of(
        call, volunteer_id, state=record_state, after=asked.after_id(), limit=asked.fetch
    )
    return asked.page(rows, lambda row: row.id)


@post(
    "/{volunteer_id:uuid}/identity",
    status_code=200,
    **documented("correctIdentity", "Mend a mistyped identity; county level", 404, 412, *WRITES),
)
async def correct_identity(
    volunteer_id: FromPath[UUID],
    data: JSONBody[CorrectIdentity],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
    revision: NamedDependency[int | None],
) -> Response[VolunteerView]:
    view = await identities.correct_identity.once(once, call, volunteer_id, data, revision)
    return tagged(view, view.revision)


@post(
    "/{volunteer_id:uuid}/merge",
    status_code=200,
    **documented("mergeVolunteers", "Join a person's second file to this one", 404, *WRITES),
)
async def merge_volunteers(
    volunteer_id: FromPath[UUID],
    data: JSONBody[MergeVolunteer],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> Merged:
    return await merging.merge_volunteers.once(once, call, volunteer_id, data)


router = Router(
    "/volunteers",
    tags=["volunteers"],
    route_handlers=[
        enrol_volunteer, search_volunteers, read_volunteer, edit_volunteer, suspend_volunteer,
        reinstate_volunteer, exit_volunteer, transfer_volunteer, give_slip, read_ledger, read_stars,
        list_records_of_volunteer, correct_identity, merge_volunteers,
    ],
)  # fmt: skip
