"""Workbooks of the county: uploaded, looked through, approved by a second person, mended."""

import asyncio
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from volunteer_svc.actions import imports, undos
from volunteer_svc.actions.imports import ImportView, ProblemView
from volunteer_svc.api.attached import XLSX, attached
from volunteer_svc.api.problems import EdgeRefusal
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.errors import Fault, Refusal
from volunteer_svc.domain.text import Reason
from volunteer_svc.i18n import words
from volunteer_svc.store.undos import Undo
from volunteer_svc.web.errors import MEGABYTE
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page
from volunteer_svc.workbooks.mend import ToMend, write_mend, write_template

RUNS = 20
PROBLEMS = 50
UPLOAD_MOST_BYTES = 67_108_864
"""A route's limit is fixed at its start; the setting `workbook_max_bytes` lies below it."""
_RUNNING = ("uploaded", "committing")

link(
    Entry(frame="staff", path="/staff/imports", word="imports.nav", icon="upload",
          operation="uploadWorkbook", order=92),
)  # fmt: skip


class _Upload(msgspec.Struct, frozen=True):
    reason: Reason = ""


class _Named(msgspec.Struct, frozen=True):
    filename: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]


@get("/staff/imports", **page("readImport"))
async def show_runs(visit: NamedDependency[Visit]) -> Response[bytes]:
    return await _runs(visit)


@post(
    "/staff/imports",
    guards=[limited("uploads")],
    request_max_body_size=UPLOAD_MOST_BYTES,
    **page("uploadWorkbook"),
)
async def upload(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Takes a workbook in; the page of its run shows how far the preview is."""
    try:
        asked = visit.form.into(_Upload)
        file = visit.form.files.get("workbook")
        if file is None:
            raise Refusal(Fault("field_missing", "workbook"))  # noqa: TRY301 - one way to say it
        content = await file.read()
        if len(content) > visit.config.workbook_max_bytes:
            most = visit.config.workbook_max_bytes // MEGABYTE
            raise EdgeRefusal(413, Fault("upload_too_large", None, {"max": most}))
        name = msgspec.convert({"filename": file.filename[-255:]}, _Named).filename
        run = await imports.upload(
            visit.call, filename=name, content=content, reason=asked.reason, once=visit.once()
        )
    except Refusal as refusal:
        faults = [
            fault if fault.field else msgspec.structs.replace(fault, field="workbook")
            for fault in refusal.faults
        ]
        visit.form.refused(Refusal(*faults, kind=refusal.kind))
        return await _runs(visit, status=422)
    return visit.done(f"/staff/imports/{run.id}", "imports.taken")


@get("/staff/imports/template.xlsx", **page("uploadWorkbook"))
async def template(visit: NamedDependency[Visit]) -> Response[bytes]:
    del visit
    return attached(await asyncio.to_thread(write_template), "template.xlsx", XLSX)


@get("/staff/imports/{import_id:uuid}", **page("readImport"))
async def show_run(visit: NamedDependency[Visit], import_id: FromPath[UUID]) -> Response[bytes]:
    return await _run(visit, import_id)


@post("/staff/imports/{import_id:uuid}", **page("commitImport"))
async def commit(visit: NamedDependency[Visit], import_id: FromPath[UUID]) -> Response[bytes]:
    """The second person's approval; a worker does it."""
    try:
        await imports.start_commit.once(visit.once(), visit.call, import_id)
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise
        visit.form.faults = refusal.faults
        return await _run(visit, import_id, status=422)
    return visit.done(f"/staff/imports/{import_id}", "imports.approved")


@get("/staff/imports/{import_id:uuid}/mend.xlsx", **page("downloadImportProblems"))
async def mend(visit: NamedDependency[Visit], import_id: FromPath[UUID]) -> Response[bytes]:
    """The refused rows alone, with the reasons: mended they are uploaded as a workbook again."""
    rows = [
        ToMend(one.sheet, one.row, "\n".join(_sentence(visit, each) for each in one.problems))
        for one in await imports.rows_to_mend(visit.call, import_id)
    ]
    return attached(await asyncio.to_thread(write_mend, rows), "mend.xlsx", XLSX)


async def _runs(visit: Visit, *, status: int = 200) -> Response[bytes]:
    asked = visit.asked(RUNS)
    rows = await imports.runs(visit.call, after=asked.after_id(), limit=asked.fetch)
    listed = asked.page(rows, lambda run: run.id)
    return visit.page("imports/list.html", listed=listed, form=visit.form, status=status)


async def _run(visit: Visit, import_id: UUID, *, status: int = 200) -> Response[bytes]:
    run = await imports.read_import(visit.call, import_id)
    asked = visit.asked(PROBLEMS)
    rows: list[ProblemView] = []
    if run.state not in _RUNNING:  # while it is worked on they come and go
        rows = await imports.problems(
            visit.call, import_id, after=asked.after_number(), limit=asked.fetch
        )
    said = [_Shown(one, _sentence(visit, one)) for one in rows]
    listed = asked.page(said, lambda one: one.problem.id)
    return visit.page(
        "imports/run.html", run=run, listed=listed, running=run.state in _RUNNING, form=visit.form,
        own=isinstance(visit.actor, Staff) and run.created_by == visit.actor.id,
        refused=_count(run, "refused"), taken=_count(run, "counted", "waiting", "accepted"),
        sheets=_sheets(run), status=status, undo=await _undo(visit, run),
        failure=words(run.failure or "internal", {}, visit.language).detail,
    )  # fmt: skip


async def _undo(visit: Visit, run: ImportView) -> Undo | None:
    """The last time that somebody wanted it taken back."""
    if run.state != "done" or not visit.may("askUndo"):
        return None
    found = await undos.undos(
        visit.call, station_id=None, target_id=run.id, after=None, limit=1, newest_first=True
    )
    return found[0] if found else None


class _Shown(msgspec.Struct, frozen=True):
    problem: ProblemView
    sentence: str


def _sheets(run: ImportView) -> list[tuple[str, list[tuple[str, int]]]]:
    """What became of the rows of each sheet; what is wrong comes last."""
    return [
        (sheet, sorted(counts.items(), key=lambda one: (one[0] == "refused", one[0])))
        for sheet, counts in run.summary.items()
    ]


def _count(run: ImportView, *outcomes: str) -> int:
    return sum(counts.get(one, 0) for counts in run.summary.values() for one in outcomes)


def _sentence(visit: Visit, problem: ProblemView) -> str:
    return words(problem.code, problem.params, visit.language).detail


router = Router("/", route_handlers=[show_runs, upload, template, show_run, commit, mend])
