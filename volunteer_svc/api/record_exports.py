"""Exports of the five record classes: asked with a reason, followed, downloaded once made."""

from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from volunteer_svc.actions import record_exports
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.record_exports import AskRecordExport, ExportView
from volunteer_svc.api.attached import XLSX, attached
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page


@post(
    "/",
    status_code=202,
    **documented("askRecordExport", "Take the record classes out; a worker does it", 404, *WRITES),
)
async def ask_export(
    data: JSONBody[AskRecordExport],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> ExportView:
    return await record_exports.ask_record_export.once(once, call, data)


@get("/", **documented("listRecordExports", "Those one asked for oneself, the last first"))
async def list_exports(
    call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[ExportView]:
    rows = await record_exports.record_exports(call, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda row: row.id)


@get("/{export_id:uuid}", **documented("readRecordExport", "How far an export is", 404))
async def read_export(export_id: FromPath[UUID], call: NamedDependency[Call]) -> ExportView:
    return await record_exports.read_record_export(call, export_id)


@get(
    "/{export_id:uuid}/records.xlsx",
    media_type=XLSX,
    **documented(
        "downloadRecordExport", "The workbook, for a day", 404, 409, 410,
        more={200: ResponseSpec(bytes, False, "The workbook", XLSX)},
    ),
)  # fmt: skip
async def download_export(
    export_id: FromPath[UUID], call: NamedDependency[Call]
) -> Response[bytes]:
    content = await record_exports.download_record_export(call, export_id)
    return attached(content, "records.xlsx", XLSX)


router = Router(
    "/record-exports",
    tags=["record exports"],
    route_handlers=[ask_export, list_exports, read_export, download_export],
)
