"""The figures of a station or of the county, as pictures with their tables."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency
from msgspec import Meta

from volunteer_svc.actions import dashboard, stations
from volunteer_svc.actions.dashboard import Dashboard
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.i18n import term
from volunteer_svc.i18n.pages import say
from volunteer_svc.web import charts
from volunteer_svc.web.charts import Chart
from volunteer_svc.web.navigation import Entry, link
from volunteer_svc.web.visit import Visit, page

MONTHS = range(1, 13)
YEARS_SHOWN = 4
_WHOLE_HOURS_FROM = 6_000
"""Minutes: above a hundred hours nobody looks at parts of one."""
link(
    Entry(frame="staff", path="/staff/dashboard", word="dashboard.nav", icon="chart",
          operation="readDashboard", order=80),
)  # fmt: skip


class Shown(msgspec.Struct, frozen=True):
    station_id: UUID | None = None
    year: Annotated[int, Meta(ge=1980, le=2199)] | None = None


@get("/staff/dashboard", **page("readDashboard"))
async def show(visit: NamedDependency[Visit]) -> Response[bytes]:
    shown = visit.query(Shown)
    figures = await dashboard.read_dashboard(visit.call, shown.station_id, shown.year)
    own = isinstance(visit.actor, Staff) and visit.actor.station_id is not None
    this_year = local_date(visit.call.now).year
    years = sorted({*range(this_year, this_year - YEARS_SHOWN, -1), figures.year}, reverse=True)
    return visit.page(
        "dashboard/show.html",
        figures=figures,
        years=years,
        choices=[] if own else await stations.all_stations(),
        most=max((one.minutes or 0 for one in figures.stations), default=0),
        hours=_hours(visit, figures),
        stars=_stars(visit, figures),
        growth=_growth(visit, figures),
        moves=_moves(visit, figures),
        funnel=_funnel(visit, figures),
    )


def _say(visit: Visit, name: str, **params: object) -> str:
    return say(f"dashboard.{name}", visit.language, params)


def _month(visit: Visit, month: int) -> str:
    return _say(visit, f"month_{month}")


def _hours(visit: Visit, figures: Dashboard) -> Chart | None:
    if not figures.months or any(one.minutes is None for one in figures.months):
        return None
    kinds = sorted({one.kind for one in figures.months}, key=lambda kind: (kind is None, kind))
    minutes = {(one.kind, one.month): one.minutes or 0 for one in figures.months}
    return charts.chart(
        _say(visit, "hours_by_month"),
        [_month(visit, n) for n in MONTHS],
        {
            term("kind", kind, visit.language) if kind else _say(visit, "no_kind"):
                [in_hours(minutes.get((kind, n), 0)) for n in MONTHS]
            for kind in kinds
        },
        kind="stacked",
        unit=_say(visit, "hours_unit"),
    )  # fmt: skip


def _stars(visit: Visit, figures: Dashboard) -> Chart | None:
    if not figures.members:
        return None
    labels = [_say(visit, "star_n", star=n) for n in range(len(figures.stars))]
    return charts.chart(
        _say(visit, "stars"), labels, {_say(visit, "members"): figures.stars}, kind="bars"
    )


def _growth(visit: Visit, figures: Dashboard) -> Chart | None:
    if not any(one.members for one in figures.growth):
        return None
    labels = [_month(visit, one.month) for one in figures.growth]
    members = [one.members for one in figures.growth]
    return charts.chart(
        _say(visit, "growth"), labels, {_say(visit, "members"): members}, kind="lines"
    )


def _moves(visit: Visit, figures: Dashboard) -> Chart | None:
    if not any(one.joined or one.left for one in figures.growth):
        return None
    labels = [_month(visit, one.month) for one in figures.growth]
    return charts.chart(
        _say(visit, "moves"),
        labels,
        {
            _say(visit, "joined"): [one.joined for one in figures.growth],
            _say(visit, "left"): [one.left for one in figures.growth],
        },
    )


def _funnel(visit: Visit, figures: Dashboard) -> Chart | None:
    stages = ("applied", "registered", "inducted")
    if not figures.funnel.applied:
        return None
    return charts.chart(
        _say(visit, "funnel"),
        [_say(visit, stage) for stage in stages],
        {_say(visit, "registrations"): [getattr(figures.funnel, stage) for stage in stages]},
        kind="bars",
    )


def in_hours(minutes: int) -> float:
    """For a picture: rounded down, as hours always are."""
    return minutes // 60 if minutes >= _WHOLE_HOURS_FROM else minutes * 100 // 60 / 100


router = Router("/", route_handlers=[show])
