"""Workbooks of a county: uploaded, previewed, committed, and what is wrong with their rows."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIType
from litestar.params import FromPath, QueryParameter

from volunteer_svc.actions import imports
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.imports import ImportView, ProblemView
from volunteer_svc.api.attached import XLSX, attached
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page
from volunteer_svc.api.problems import EdgeRefusal
from volunteer_svc.api.rate_limit import limited
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import Fault
from volunteer_svc.i18n import Language, term, words
from volunteer_svc.workbooks.problems import Problem, write_problems

_HEADINGS = ("sheet", "row", "line", "column", "code", "sentence")
_BATCH = 1_000
_NO_NUL = r"^[^\x00]*$"
_WORKBOOK = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, content_media_type=XLSX))


class ProblemItem(ProblemView, frozen=True, kw_only=True):
    """A problem of a row with its sentence."""

    detail: str


@dataclass
class TakesWorkbook(Operation):
    """The upload's body is the file itself, which Litestar cannot tell from the handler."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(content={XLSX: _WORKBOOK}, required=True)


async def _workbook_only(
    connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
) -> None:
    if connection.headers.get("content-type", "").partition(";")[0].strip().lower() != XLSX:
        raise EdgeRefusal(415, Fault("media_type_unsupported", "Content-Type", {"expected": XLSX}))


@post(
    "/",
    status_code=202,
    guards=[_workbook_only, limited("uploads")],
    operation_class=TakesWorkbook,
    **documented("uploadWorkbook", "Upload a county workbook; a worker previews it", *WRITES),
)
async def upload_workbook(
    request: Request[Any, Any, Any],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
    filename: Annotated[str, QueryParameter(min_length=1, max_length=255, pattern=_NO_NUL)],
    reason: Annotated[
        str,
        QueryParameter(max_length=512, pattern=_NO_NUL, description="why hours are entered late"),
    ] = "",
) -> ImportView:
    content = await request.body()
    return await imports.upload(call, filename=filename, content=content, reason=reason, once=once)


@get("/{import_id:uuid}", **documented("readImport", "How far an import is", 404))
async def read_import(import_id: FromPath[UUID], call: NamedDependency[Call]) -> ImportView:
    return await imports.read_import(call, import_id)


@post(
    "/{import_id:uuid}/commit",
    status_code=202,
    **documented("commitImport", "Commit a previewed import; a worker does it", 404, 409, 422),
)
async def commit_import(
    import_id: FromPath[UUID], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> ImportView:
    return await imports.start_commit.once(once, call, import_id)


@get(
    "/{import_id:uuid}/problems",
    **documented("listImportProblems", "What is wrong, waiting or worth a look, by row", 404),
)
async def list_problems(
    import_id: FromPath[UUID],
    call: NamedDependency[Call],
    asked: NamedDependency[Asked],
    language: NamedDependency[Language],
) -> Page[ProblemItem]:
    rows = await imports.problems(call, import_id, after=asked.after_number(), limit=asked.fetch)
    items = [
        ProblemItem(**msgspec.structs.asdict(row), detail=_sentence(row, language)) for row in rows
    ]
    return asked.page(items, lambda item: item.id)


@get(
    "/{import_id:uuid}/problems.xlsx",
    media_type=XLSX,
    **documented(
        "downloadImportProblems",
        "The problems as a workbook",
        404,
        more={200: ResponseSpec(bytes, False, "The workbook", XLSX)},
    ),
)
async def download_problems(
    import_id: FromPath[UUID], call: NamedDependency[Call], language: NamedDependency[Language]
) -> Response[bytes]:
    content = await asyncio.to_thread(
        write_problems,
        [_line(row, language) for row in await _all_problems(call, import_id)],
        [term("heading", name, language) for name in _HEADINGS],
    )
    return attached(content, "problems.xlsx", XLSX, language)


async def _all_problems(call: Call, import_id: UUID) -> list[ProblemView]:
    found: list[ProblemView] = []
    while True:
        after = found[-1].id if found else 0
        rows = await imports.problems(call, import_id, after=after, limit=_BATCH)
        found += rows
        if len(rows) < _BATCH:
            return found


def _line(row: ProblemView, language: Language) -> Problem:
    return Problem(
        sheet=row.sheet,
        row=row.row,
        line=row.line,
        column=row.column or "",
        code=row.code,
        sentence=_sentence(row, language),
    )


def _sentence(row: ProblemView, language: Language) -> str:
    return words(row.code, row.params, language).detail


def router(config: Config) -> Router:
    """The routes; a workbook may be larger than any other body."""
    return Router(
        "/imports",
        tags=["imports"],
        request_max_body_size=config.workbook_max_bytes,
        route_handlers=[
            upload_workbook, read_import, commit_import, list_problems, download_problems,
        ],
    )  # fmt: skip
