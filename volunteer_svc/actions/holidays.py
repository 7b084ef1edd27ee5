"""The holiday table: the State Council announces it each autumn, county or admin type it in."""

from typing import Annotated

import msgspec
from msgspec import Meta

from volunteer_svc import store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.holiday import table_faults
from volunteer_svc.identity.permissions import require
from volunteer_svc.store.holidays import Holiday

DAYS_MAX = 120


class YearTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every day of the year that differs from the plain week; none: the year is not known."""

    days: Annotated[list[Holiday], Meta(max_length=DAYS_MAX)]


@command
async def set_holidays(call: Call, year: int, request: YearTable) -> YearTable:
    """Replace a year's table. Clocks that run keep the day they were given.

    Raises `day_outside_year`, `item_repeated`, `forbidden`.
    """
    require(call.actor, "holiday.write")
    faults = table_faults(year, [one.on for one in request.days])
    if faults:
        raise Refusal(*faults)
    before = await store.holidays.of_year(year)
    after = sorted(request.days, key=lambda one: one.on)
    await store.holidays.replace(year, after)
    call.notes.changed(f"holidays/{year}", _days(before), _days(after))
    call.notes.unchanged = before == after
    return YearTable(after)


async def table_of(year: int) -> list[Holiday]:
    """A year's table in the order of its days; none: the year is not known."""
    return await store.holidays.of_year(year)


def _days(table: list[Holiday]) -> dict[str, bool]:
    """What a trail keeps: the days, and whether each is worked."""
    return {one.on.isoformat(): one.is_workday for one in table}
