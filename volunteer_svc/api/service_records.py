"""Hours: sheets in, records out, corrections."""

from typing import Any
from uuid import UUID

from litestar import Request, Router, get, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from volunteer_svc.actions import corrections, service_records
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.corrections import Correct, CorrectionOutcome
from volunteer_svc.actions.joined import Joiner
from volunteer_svc.actions.service_records import Sheet
from volunteer_svc.api.documented import WRITES, documented, problem
from volunteer_svc.api.outcomes import RecordOutcomes, record_outcomes
from volunteer_svc.api.pages import Asked, Page, RecordStateFilter
from volunteer_svc.api.problems import SheetProblem
from volunteer_svc.i18n import language_of
from volunteer_svc.store.service_records import RecordRow


@post(
    "/",
    status_code=200,
    **documented(
        "recordService",
        "Record a sheet of 1 to 1 000 entries; one outcome each",
        404,
        *WRITES,
        more={422: problem(422, SheetProblem)},
    ),
)
async def record_service(
    data: JSONBody[Sheet],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
    request: Request[Any, Any, State],
) -> RecordOutcomes:
    """Takes only dependencies that need each other: others run in a group of tasks, which costs
    a tenth of a single entry."""
    joiner: Joiner = request.app.state.joiner
    result = await joiner.record_service(once, call, data)
    language = language_of(request.headers.get("accept-language"))
    return RecordOutcomes(record_outcomes(result.outcomes, language), result.sheet_id)


@get("/", **documented("listRecords", "Records in the order they were entered"))
async def list_records(
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    station_id: FromQuery[UUID | None] = None,
    record_state: RecordStateFilter = None,
) -> Page[RecordRow]:
    rows = await service_records.records(
        call,
        station_id=station_id,
        state=record_state,
        after=asked.after_id(),
        limit=asked.fetch,
    )
    return asked.page(rows, lambda row: row.id)


@get("/{record_id:uuid}", **documented("readRecord", "One record", 404))
async def read_record(record_id: FromPath[UUID], call: NamedDependency[Call]) -> RecordRow:
    return await service_records.read_record(call, record_id)


@post(
    "/{record_id:uuid}/corrections",
    **documented("correctRecord", "Correct a record; more minutes wait", 404, *WRITES),
)
async def correct_record(
    record_id: FromPath[UUID],
    data: JSONBody[Correct],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> CorrectionOutcome:
    return await corrections.correct_record.once(once, call, record_id, data)


router = Router(
    "/service-records",
    tags=["service records"],
    route_handlers=[record_service, list_records, read_record, correct_record],
)
