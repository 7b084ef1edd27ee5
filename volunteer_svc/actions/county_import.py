"""Working through an uploaded workbook: a preview that writes nothing, or the commit in batches.

The rows go in lanes: first the stations, then the roster, then the service records in several
lanes at once, all of a volunteer in the same one, so that one is decided while another is
written. Each batch is a transaction that also writes down how far its lane is: a run killed at
any point is taken up again where it stood and ends right.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions import county_roster, county_services, county_stations
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.county_rows import ROSTER_SHEET, SERVICES_SHEET
from volunteer_svc.actions.import_tally import Tally
from volunteer_svc.actions.imports import refused_only, rows_of, sealed
from volunteer_svc.domain.actor import Actor, Anyone, Staff
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.identity.permissions import require
from volunteer_svc.store.imports import ImportRun
from volunteer_svc.workbooks.county import CountyWorkbook

LEASE = timedelta(seconds=60)
SHEETS = (county_stations.SHEET, ROSTER_SHEET, SERVICES_SHEET)


class MovedOn(Exception):  # noqa: N818 - nothing is wrong
    """Another process has the run meanwhile: our lease was over."""


Progress = Callable[[ImportRun], None]
Clock = Callable[[], datetime]
Take = Callable[[Call, ImportRun, Any, Tally], Awaitable[None]]


class Lane(msgspec.Struct, frozen=True):
    """Rows that are written one batch after the other, and how."""

    take: Take
    batch: int
    rows: Sequence[Any]


def _quiet(_: ImportRun) -> None:
    """Nobody watches."""


async def work_on_next(clock: Clock, progress: Progress = _quiet) -> bool:
    """Take up one run that is due, unless another process has it; whether there was one."""
    run = await _lease(_call(Anyone(), clock))
    if run is None:
        return False
    await work_on(run, clock, progress)
    return True


async def work_on(run: ImportRun, clock: Clock, progress: Progress = _quiet) -> ImportRun:
    """Preview an uploaded run, or commit one that is to be committed, to its end."""
    try:
        importer = await _importer(run)
        workbook = await rows_of(run.id)
        if run.state == "uploaded":
            run = await _preview(_call(importer, clock), run, workbook)
        else:
            run = await _commit(importer, run, workbook, clock, progress)
    except MovedOn:
        run = await store.imports.find(run.id) or run
    except Refusal as refusal:
        run = await _fail(_call(Anyone(), clock), run, refusal.code)
    progress(run)
    return run


def _call(actor: Actor, clock: Clock) -> Call:
    return Call(actor=actor, now=clock(), channel="worker")


async def _importer(run: ImportRun) -> Staff:
    """Whoever uploaded it, if he still may: an account closed since imports nothing."""
    account = await store.accounts.find(run.created_by)
    if account is None or account.closed_at is not None:
        raise refuse("importer_account_closed", kind="forbidden")
    importer = Staff(account.id, account.role, account.station_id, account.volunteer_id)
    require(importer, "import.write")
    return importer


@command
async def _lease(call: Call) -> ImportRun | None:
    await store.imports.fail_stuck(call.now)
    run = await store.imports.lease_due(call.now, LEASE)
    call.notes.changed(f"import/{run.id}" if run else None, state=run.state if run else "failed")
    return run


@command
async def _fail(call: Call, before: ImportRun, code: str) -> ImportRun:
    run = await _locked(before.id)
    if run.state != before.state:
        return run
    failed = msgspec.structs.replace(run, state="failed", failure=code, finished_at=call.now)
    await store.imports.save(failed, leased_until=None)
    call.notes.changed(f"import/{run.id}", failure=code)
    return failed


async def _preview(call: Call, run: ImportRun, workbook: CountyWorkbook) -> ImportRun:
    tally = Tally()
    stations = await county_stations.preview(call, workbook.stations, tally)
    people = await county_roster.preview(call, workbook.roster, stations, tally)
    await county_services.preview(call, run, workbook.services, stations, people, tally)
    return await _keep_preview(call, run.id, tally)


@command
async def _keep_preview(call: Call, run_id: UUID, tally: Tally) -> ImportRun:
    run = await _locked(run_id)
    if run.state != "uploaded":
        raise MovedOn
    await store.imports.clear_problems(run_id)
    await store.imports.add_problems(run_id, tally.problems)
    seen = msgspec.structs.replace(run, state="previewed", summary=tally.summary)
    await store.imports.save(seen, leased_until=None)
    call.notes.changed(f"import/{run_id}", {"state": run.state}, {"state": seen.state})
    return seen


async def _commit(
    importer: Staff, run: ImportRun, workbook: CountyWorkbook, clock: Clock, progress: Progress
) -> ImportRun:
    done = await store.imports.lanes_done(run.id)
    stations, roster, *services = range(len(done))
    lanes = [
        Lane(county_stations.take, county_stations.BATCH, workbook.stations),
        Lane(county_roster.take, county_roster.BATCH, county_roster.marked(workbook.roster)),
        *(
            Lane(county_services.take, county_services.BATCH, part)
            for part in county_services.parts(workbook.services, len(services))
        ),
    ]

    async def walk(number: int) -> None:
        lane = lanes[number]
        for start in range(done[number], len(lane.rows), lane.batch):
            call = _call(importer, clock)
            progress(await _take_batch(call, run, lane, number, start))

    await walk(stations)
    await walk(roster)
    await _together(walk(number) for number in services)
    return await _finish(_call(importer, clock), run.id, workbook)


async def _together(walks: Iterable[Coroutine[Any, Any, None]]) -> None:
    """All to their ends; the first that fails stops the others and is raised."""
    tasks = [asyncio.create_task(walk) for walk in walks]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@command
async def _take_batch(call: Call, run: ImportRun, lane: Lane, number: int, start: int) -> ImportRun:
    """One batch of a lane. Raises MovedOn when another process took it."""
    rows = lane.rows[start : start + lane.batch]
    tally = Tally()
    await lane.take(call, run, rows, tally)
    # Locked last: meanwhile the other lanes write.
    run = await _locked(run.id)
    done = await store.imports.lanes_done(run.id)
    if run.state != "committing" or done[number] != start:
        raise MovedOn
    done[number] += len(rows)
    tally.add(run.summary)
    await store.imports.add_problems(run.id, tally.problems)
    await store.imports.save_lanes(run.id, done)
    run = msgspec.structs.replace(run, rows_done=sum(done), summary=tally.summary)
    await store.imports.save(run, leased_until=call.now + LEASE)
    call.notes.changed(
        f"import/{run.id}", rows=len(rows), lane=number, first=start, summary=run.summary
    )
    return run


@command
async def _finish(call: Call, run_id: UUID, workbook: CountyWorkbook) -> ImportRun:
    """The rows are deleted but for the refused ones, which somebody may want to mend."""
    run = await _locked(run_id)
    await store.imports.order_problems(run_id, SHEETS)
    finished = msgspec.structs.replace(run, state="done", finished_at=call.now)
    lines = {(one.sheet, one.line) for one in await store.imports.refused(run_id)}
    rows = refused_only(workbook, lines)
    left = sealed(run_id, rows) if rows.stations or rows.roster or rows.services else None
    await store.imports.save(finished, leased_until=None, left=left)
    call.notes.changed(f"import/{run_id}", rows=run.rows_done, summary=run.summary)
    return finished


async def _locked(run_id: UUID) -> ImportRun:
    run = await store.imports.lock(run_id)
    if run is None:
        raise not_found("import")
    return run
