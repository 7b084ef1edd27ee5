"""The year's holidays, typed as the notice has them: from, until, what for, worked or not."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from volunteer_svc.actions import holidays
from volunteer_svc.actions.holidays import DAYS_MAX, YearTable
from volunteer_svc.domain.errors import Fault, Refusal, not_found
from volunteer_svc.store.holidays import Holiday
from volunteer_svc.web.forms import Form
from volunteer_svc.web.visit import Visit, page

EMPTY_ROWS = 3
YEARS = range(1980, 2200)
_DAY = timedelta(days=1)


class Stretch(msgspec.Struct, frozen=True):
    """Days that follow each other, or the one day `on`; a line without a day is left out."""

    on: date | None = None
    until: date | None = None
    name: Annotated[str, Meta(max_length=32, pattern=r"^[^\u0000]*$")] = ""
    is_workday: bool = False


class Stretches(msgspec.Struct, frozen=True):
    days: Annotated[list[Stretch], Meta(max_length=DAYS_MAX)] = []


@get("/staff/holidays/{year:int}", **page("setHolidays"))
async def show_holidays(visit: NamedDependency[Visit], year: FromPath[int]) -> Response[bytes]:
    shown: dict[str, object] = {}
    lines = _stretches(await _table(year))
    for n, one in enumerate(lines):
        shown |= {f"days[{n}].on": one.on, f"days[{n}].name": one.name}
        shown |= {f"days[{n}].until": one.until} if one.until else {}
        shown |= {f"days[{n}].is_workday": "true"} if one.is_workday else {}
    return visit.page("policies/holidays.html", form=Form.showing(**shown), year=year,
                      lines=len(lines) + EMPTY_ROWS)  # fmt: skip


@post("/staff/holidays/{year:int}", **page("setHolidays"))
async def set_holidays(visit: NamedDependency[Visit], year: FromPath[int]) -> Response[bytes]:
    """The whole table of the year: a line whose day is emptied is gone."""
    await _table(year)
    try:
        table = YearTable(_days(visit.form.into(Stretches).days, year))
        await holidays.set_holidays.once(visit.once(), visit.call, year, table)
    except Refusal as refusal:
        count = sum(name.endswith("].on") for name in visit.form.values)
        return visit.again("policies/holidays.html", refusal, year=year, lines=max(count, 1))
    return visit.done(f"/staff/holidays/{year}", "policies.holidays_said")


def _stretches(table: list[Holiday]) -> list[Stretch]:
    """Days of one name in a row are one line."""
    lines: list[list[Holiday]] = [[one] for one in table[:1]]
    for before, one in pairwise(table):
        same = (before.name, before.is_workday) == (one.name, one.is_workday)
        if same and one.on - before.on == _DAY:
            lines[-1].append(one)
        else:
            lines.append([one])
    return [
        Stretch(one[0].on, one[-1].on if len(one) > 1 else None, one[0].name, one[0].is_workday)
        for one in lines
    ]


def _days(lines: list[Stretch], year: int) -> list[Holiday]:
    """Each day of the lines. Raises with what is wrong at its line."""
    faults: list[Fault] = []
    found: dict[date, Holiday] = {}
    for n, one in enumerate(lines):
        if one.on is None:
            continue
        until = one.until or one.on
        wrong = [
            Fault("day_outside_year", f"days[{n}].{name}", {"year": year})
            for name, day in (("on", one.on), ("until", until))
            if day.year != year
        ]
        if not one.name:
            wrong.append(Fault("field_missing", f"days[{n}].name"))
        if until < one.on:
            wrong.append(Fault("range_ends_before_start", f"days[{n}].until"))
        days = [] if wrong else [one.on + k * _DAY for k in range((until - one.on).days + 1)]
        if not found.keys().isdisjoint(days):
            wrong.append(Fault("item_repeated", f"days[{n}].on"))
        faults += wrong
        found |= {day: Holiday(on=day, is_workday=one.is_workday, name=one.name) for day in days}
    if faults:
        raise Refusal(*faults)
    if len(found) > DAYS_MAX:
        raise Refusal(Fault("value_out_of_bounds", "days", {"expected": f"<= {DAYS_MAX}"}))
    return list(found.values())


async def _table(year: int) -> list[Holiday]:
    """Raises `not_found` for a year that has none."""
    if year not in YEARS:
        raise not_found("policy")
    return await holidays.table_of(year)


router = Router("/", route_handlers=[show_holidays, set_holidays])
