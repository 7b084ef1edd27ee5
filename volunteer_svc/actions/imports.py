"""A county workbook on its way in: uploaded, previewed, committed in batches, watched."""

import asyncio
import zlib
from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, OnceKey, command, reading
from volunteer_svc.actions.county_rows import blanked
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.identity.permissions import require, require_staff
from volunteer_svc.identity.vault import vault
from volunteer_svc.store.imports import ImportRun, ProblemRow
from volunteer_svc.workbooks.county import (
    BadRow,
    CountyWorkbook,
    RosterRow,
    ServiceRow,
    StationRow,
    read_county,
)
from volunteer_svc.workbooks.layout import ROSTER, SERVICES, STATIONS, Sheet

Row = StationRow | RosterRow | ServiceRow | BadRow


class RowToMend(msgspec.Struct, frozen=True):
    """A refused row and what is wrong with it."""

    sheet: str
    row: Row
    problems: list[ProblemRow]


LANES = 8
"""Stations, roster, and the service records in six parts; a run keeps what it began with."""

ImportView = ImportRun
ProblemView = ProblemRow


async def upload(
    call: Call, *, filename: str, content: bytes, reason: str, once: OnceKey | None = None
) -> ImportView:
    """Take a workbook in; a worker previews it. `reason`: why its hours are entered so late.

    Raises the reader's refusals, `forbidden`. Rows of children under 14 are blanked at once,
    the rest is kept sealed until the commit, for a week at most.
    """
    require(call.actor, "import.write")
    workbook = await asyncio.to_thread(read_county, content)
    return await _store_upload.once(once, call, workbook, filename, reason)


@command
async def _store_upload(
    call: Call, workbook: CountyWorkbook, filename: str, reason: str
) -> ImportView:
    staff = require_staff(call.actor, "import.write")
    policies = await store.policies.load()
    today = local_date(call.now)
    roster = [blanked(row, policies, today) for row in workbook.roster]
    services = [blanked(row, policies, today) for row in workbook.services]
    workbook = CountyWorkbook(workbook.stations, roster, services)
    run = ImportRun(
        id=ids.uuid7(),
        state="uploaded",
        filename=filename,
        reason=reason,
        created_by=staff.id,
        approved_by=None,
        created_at=call.now,
        rows_total=len(workbook.stations) + len(roster) + len(services),
        rows_done=0,
        summary={},
        failure=None,
        finished_at=None,
    )
    await store.imports.insert(run, sealed(run.id, workbook))
    call.notes.changed(f"import/{run.id}", rows=run.rows_total)
    return run


def sealed(run_id: UUID, workbook: CountyWorkbook) -> bytes:
    """Rows as they are kept until the commit."""
    packed = zlib.compress(msgspec.msgpack.encode(workbook), level=1)
    return vault().seal(packed, f"import/{run_id}")


async def rows_of(run_id: UUID) -> CountyWorkbook:
    """The rows of an upload, after the commit the refused ones.

    Raises `upload_expired` once they are deleted.
    """
    kept = await store.imports.rows_sealed(run_id)
    if kept is None:
        raise refuse("upload_expired", kind="conflict")
    packed = vault().open(kept, f"import/{run_id}")
    return msgspec.msgpack.decode(zlib.decompress(packed), type=CountyWorkbook)


@reading
async def read_import(call: Call, import_id: UUID) -> ImportView:
    """How far a run is, and what came of it. Raises `not_found`, `forbidden`."""
    require(call.actor, "import.write")
    run = await store.imports.find(import_id)
    if run is None:
        raise not_found("import")
    return run


@command
async def start_commit(call: Call, import_id: UUID) -> ImportView:
    """Approve a previewed run; a worker commits it.

    Raises `second_person_required`: who uploaded it does not approve it; `import_not_previewed`.
    """
    require(call.actor, "import.write")
    staff = require_staff(call.actor, "import.write")
    run = await store.imports.lock(import_id)
    if run is None:
        raise not_found("import")
    if run.state != "previewed":
        raise refuse("import_not_previewed", kind="conflict", state=run.state)
    if run.created_by == staff.id:
        raise refuse("second_person_required", kind="forbidden")
    before, run = (
        run,
        msgspec.structs.replace(
            run, state="committing", approved_by=staff.id, rows_done=0, summary={}
        ),
    )
    await store.imports.clear_problems(import_id)
    await store.imports.save_lanes(import_id, [0] * LANES)
    await store.imports.save(run, leased_until=None)
    call.notes.changed(None, {"state": before.state}, {"state": run.state}, rows=run.rows_total)
    return run


@reading
async def runs(call: Call, *, after: UUID | None, limit: int) -> list[ImportView]:
    """All runs, the last first, behind `after`. Raises `forbidden`."""
    require(call.actor, "import.write")
    return await store.imports.runs(after=after, limit=limit)


def refused_only(workbook: CountyWorkbook, lines: Collection[tuple[str, int]]) -> CountyWorkbook:
    """The rows that stand on these lines of these sheets, but for those nothing is kept of."""

    def wanted(sheet: Sheet, row: Row) -> bool:
        return (sheet.name, row.line) in lines and (not isinstance(row, BadRow) or bool(row.cells))

    return CountyWorkbook(
        [row for row in workbook.stations if wanted(STATIONS, row)],
        [row for row in workbook.roster if wanted(ROSTER, row)],
        [row for row in workbook.services if wanted(SERVICES, row)],
    )


@reading
async def rows_to_mend(call: Call, import_id: UUID) -> list[RowToMend]:
    """The refused rows of a run as they were written, for a week.

    Raises `import_not_previewed` while it is worked on, `upload_expired`, `not_found`, `forbidden`.
    """
    require(call.actor, "import.write")
    run = await store.imports.find(import_id)
    if run is None:
        raise not_found("import")
    if run.state not in ("previewed", "done"):
        raise refuse("import_not_previewed", kind="conflict", state=run.state)
    reasons: defaultdict[tuple[str, int], list[ProblemView]] = defaultdict(list)
    for problem in await store.imports.refused(import_id):
        reasons[problem.sheet, problem.line].append(problem)
    workbook = refused_only(await rows_of(import_id), reasons)
    rows: list[tuple[str, Row]] = [
        *((STATIONS.name, row) for row in workbook.stations),
        *((ROSTER.name, row) for row in workbook.roster),
        *((SERVICES.name, row) for row in workbook.services),
    ]
    call.notes.looked(None, fields=["import"], rows=len(rows))
    return [RowToMend(sheet, row, reasons[sheet, row.line]) for sheet, row in rows]


@reading
async def problems(call: Call, import_id: UUID, *, after: int, limit: int) -> list[ProblemView]:
    """What is wrong, waiting or worth a look, row by row. Raises `not_found`, `forbidden`."""
    require(call.actor, "import.write")
    if await store.imports.find(import_id) is None:
        raise not_found("import")
    return await store.imports.problems(import_id, after=after, limit=limit)
