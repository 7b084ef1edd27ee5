"""The table of holidays and worked weekends, by year."""

from typing import Annotated

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from volunteer_svc import store
from volunteer_svc.actions import holidays
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.actions.holidays import YearTable
from volunteer_svc.api.documented import WRITES, documented

Year = Annotated[int, PathParameter(ge=1980, le=2199)]


@get("/{year:int}", **documented("readHolidays", "A year's table", 404, signed_in=False))
async def read_holidays(year: Year) -> YearTable:
    return YearTable(await store.holidays.of_year(year))


@post(
    "/{year:int}",
    status_code=200,
    **documented("setHolidays", "Replace a year's table", 404, *WRITES),
)
async def set_holidays(
    year: Year,
    data: JSONBody[YearTable],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> YearTable:
    return await holidays.set_holidays.once(once, call, year, data)


router = Router("/holidays", tags=["policy"], route_handlers=[read_holidays, set_holidays])
