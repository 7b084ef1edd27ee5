"""Reports of any range of days: chosen, looked at, taken along as a workbook or on paper."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency

from volunteer_svc.actions import reports, stations
from volunteer_svc.actions.report_tables import file_name, printed, scope, tables
from volunteer_svc.actions.reports import Report
from volunteer_svc.api.attached import XLSX, attached
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.i18n.pages import say
from volunteer_svc.printing import press
from volunteer_svc.web import charts
from volunteer_svc.web.charts import Chart
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.pages.dashboard import in_hours
from volunteer_svc.web.stations import own_station
from volunteer_svc.web.visit import Visit, page
from volunteer_svc.workbooks.tables import write_tables

MONTHS_DRAWN = 36
"""More columns nobody can tell apart; the table below has them all."""
link(
    Entry(frame="staff", path="/staff/reports", word="reports.nav", icon="chart",
          operation="readReport", order=82),
)  # fmt: skip


class Asked(msgspec.Struct, frozen=True):
    station_id: UUID | None = None
    from_on: date | None = None
    until_on: date | None = None


class Span(msgspec.Struct, frozen=True):
    """A range one click away."""

    word: str
    from_on: date
    until_on: date


@get("/staff/reports", **page("readReport"))
async def show(visit: NamedDependency[Visit]) -> Response[bytes]:
    asked, refused = visit.query(Asked), None
    try:
        report = await _report(visit, asked)
    except Refusal as refusal:
        if refusal.kind != "rule":
            raise
        refused = visit.sentence(refusal.faults[0])
        report = await _report(visit, Asked(station_id=asked.station_id))
    _, *more = tables(report, visit.language)
    return visit.page(
        "reports/show.html",
        report=report,
        scope=scope(report, visit.language),
        refused=refused,
        choices=[] if own_station(visit) else await stations.all_stations(),
        spans=_spans(local_date(visit.call.now)),
        more=[table for table in more if table.rows],
        hours=_hours(visit, report),
        growth=_growth(visit, report),
        chosen=_query(report),
        status=422 if refused else 200,
    )


@get("/staff/reports/report.xlsx", **page("downloadReportWorkbook"))
async def workbook(visit: NamedDependency[Visit]) -> Response[bytes]:
    report = await _report(visit, visit.query(Asked))
    content = await asyncio.to_thread(write_tables, tables(report, visit.language))
    return attached(content, f"{file_name(report, visit.language)}.xlsx", XLSX)


@get("/staff/reports/report.pdf", **page("downloadReportPaper"))
async def on_paper(visit: NamedDependency[Visit]) -> Response[bytes]:
    report = await _report(visit, visit.query(Asked))
    data = printed(report, visit.language)
    content = await press.drawn("file", data, stamp=int(visit.call.now.timestamp()))
    return attached(content, f"{file_name(report, visit.language)}.pdf")


async def _report(visit: Visit, asked: Asked) -> Report:
    return await reports.read_report(visit.call, asked.station_id, asked.from_on, asked.until_on)


def _query(report: Report) -> str:
    station = f"station_id={report.station_id}&" if report.station_id else ""
    return f"{station}from_on={report.from_on}&until_on={report.until_on}"


def _spans(today: date) -> list[Span]:
    """Stations are assessed twice a year (R13)."""
    first = date(today.year, 1, 1)
    middle = date(today.year, 7, 1)
    last = date(today.year, 12, 31)
    spans = [
        Span("this_year", first, last),
        Span("first_half", first, middle - timedelta(days=1)),
        Span("second_half", middle, last),
        Span("last_year", first.replace(year=first.year - 1), first - timedelta(days=1)),
    ]
    return [span for span in spans if span.from_on <= today]


def _say(visit: Visit, name: str) -> str:
    return say(f"reports.{name}", visit.language)


def _hours(visit: Visit, report: Report) -> Chart | None:
    if not any(one.minutes for one in report.months) or len(report.months) > MONTHS_DRAWN:
        return None
    if any(one.minutes is None for one in report.months):
        return None  # a column of nothing would say that nobody served
    hours = [in_hours(one.minutes or 0) for one in report.months]
    return charts.chart(
        _say(visit, "hours_by_month"),
        [f"{one.month:%Y-%m}" for one in report.months],
        {_say(visit, "hours"): hours},
        unit=_say(visit, "hours_unit"),
    )


def _growth(visit: Visit, report: Report) -> Chart | None:
    if not any(one.members for one in report.months) or len(report.months) > MONTHS_DRAWN:
        return None
    return charts.chart(
        _say(visit, "growth"),
        [f"{one.month:%Y-%m}" for one in report.months],
        {_say(visit, "members"): [one.members for one in report.months]},
        kind="lines",
    )


router = Router("/", route_handlers=[show, workbook, on_paper])
