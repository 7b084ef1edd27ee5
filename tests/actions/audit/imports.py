"""Scenes of workbooks."""

from tests import builders
from tests.actions.audit.scene import PAGE, at_once
from tests.builders import NOW
from volunteer_svc.actions import county_import, imports
from volunteer_svc.actions.county_import import Lane
from volunteer_svc.actions.import_tally import Tally


async def lease(s):
    await s.uploaded()
    return lambda: county_import._lease(builders.call())


async def keep_preview(s):
    run = await s.uploaded()
    return lambda: county_import._keep_preview(s.county.call(), run.id, Tally())


async def fail(s):
    run = await s.uploaded()
    return lambda: county_import._fail(s.county.call(), run, "internal")


async def take_batch(s):
    run = await s.committing()
    workbook = await imports.rows_of(run.id)
    lane = Lane(county_import.county_stations.take, 100, workbook.stations)
    return lambda: county_import._take_batch(s.county.call(), run, lane, 0, 0)


async def finish(s):
    run = await s.committing()
    workbook = await imports.rows_of(run.id)
    return lambda: county_import._finish(s.county.call(), run.id, workbook)


async def start_commit(s):
    run = await s.uploaded()
    assert await county_import.work_on_next(lambda: NOW)
    return lambda: imports.start_commit(s.other_county.call(), run.id)


async def upload(s):
    return s.uploaded


async def problems(s):
    run = await s.uploaded()
    return lambda: imports.problems(s.county.call(), run.id, after=0, limit=5)


async def rows_to_mend(s):
    run = await s.uploaded()
    assert await county_import.work_on_next(lambda: NOW)
    return lambda: imports.rows_to_mend(s.county.call(), run.id)


async def read_import(s):
    run = await s.uploaded()
    return lambda: imports.read_import(s.county.call(), run.id)


CHANGES = {
    "county_import._lease": lease,
    "county_import._fail": fail,
    "county_import._keep_preview": keep_preview,
    "county_import._take_batch": take_batch,
    "county_import._finish": finish,
    "imports._store_upload": upload,
    "imports.start_commit": start_commit,
}


READINGS = {
    "imports.problems": problems,
    "imports.rows_to_mend": rows_to_mend,
    "imports.runs": at_once(lambda s: imports.runs(s.county.call(), **PAGE)),
    "imports.read_import": read_import,
}
