"""Reports of any range of days: of a station or of the county."""

import asyncio
from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, QueryParameter

from volunteer_svc.actions import reports
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.report_tables import file_name, printed, tables
from volunteer_svc.actions.reports import Report
from volunteer_svc.api.attached import PDF, XLSX, attached
from volunteer_svc.api.documented import documented
from volunteer_svc.i18n import Language
from volunteer_svc.printing import press
from volunteer_svc.workbooks.tables import write_tables

FromOn = Annotated[date | None, QueryParameter(description="the year's first day unless said")]
UntilOn = Annotated[date | None, QueryParameter(description="today unless said; counted, too")]


@get("/", **documented("readReport", "Figures of any range of days: no person", 404, 422))
async def read_report(
    call: NamedDependency[Call],
    station_id: FromQuery[UUID | None] = None,
    from_on: FromOn = None,
    until_on: UntilOn = None,
) -> Report:
    return await reports.read_report(call, station_id, from_on, until_on)


@get(
    "/report.xlsx",
    media_type=XLSX,
    **documented(
        "downloadReportWorkbook", "The same as a workbook", 404, 422,
        more={200: ResponseSpec(bytes, False, "The workbook", XLSX)},
    ),
)  # fmt: skip
async def download_workbook(
    call: NamedDependency[Call],
    language: NamedDependency[Language],
    station_id: FromQuery[UUID | None] = None,
    from_on: FromOn = None,
    until_on: UntilOn = None,
) -> Response[bytes]:
    report = await reports.read_report(call, station_id, from_on, until_on)
    content = await asyncio.to_thread(write_tables, tables(report, language))
    return attached(content, f"{file_name(report, language)}.xlsx", XLSX, language)


@get(
    "/report.pdf",
    media_type=PDF,
    **documented(
        "downloadReportPaper", "The same to be printed", 404, 422,
        more={200: ResponseSpec(bytes, False, "The PDF", PDF)},
    ),
)  # fmt: skip
async def download_paper(
    call: NamedDependency[Call],
    language: NamedDependency[Language],
    station_id: FromQuery[UUID | None] = None,
    from_on: FromOn = None,
    until_on: UntilOn = None,
) -> Response[bytes]:
    report = await reports.read_report(call, station_id, from_on, until_on)
    content = await press.drawn("file", printed(report, language), stamp=int(call.now.timestamp()))
    return attached(content, f"{file_name(report, language)}.pdf", PDF, language)


router = Router(
    "/reports", tags=["reports"], route_handlers=[read_report, download_workbook, download_paper]
)
