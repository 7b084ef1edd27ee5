"""The table of days that differ from the plain week."""

from collections.abc import Collection
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch


class Holiday(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A holiday, or (`is_workday`) a weekend day that is worked."""

    on: date
    is_workday: bool
    name: Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[^\u0000]*$")]


async def of_year(year: int) -> list[Holiday]:
    rows = await fetch(
        'SELECT "on", is_workday, name FROM holiday WHERE "on" BETWEEN $1 AND $2 ORDER BY "on"',
        date(year, 1, 1), date(year, 12, 31),
    )  # fmt: skip
    return [Holiday(**row) for row in rows]


async def replace(year: int, holidays: Collection[Holiday]) -> None:
    """The days of a year as they shall be from now on; nobody else changes them meanwhile."""
    await execute("LOCK TABLE holiday IN SHARE ROW EXCLUSIVE MODE")
    await execute(
        'DELETE FROM holiday WHERE "on" BETWEEN $1 AND $2', date(year, 1, 1), date(year, 12, 31)
    )
    rows = [msgspec.structs.astuple(one) for one in holidays]
    await bulk.insert("holiday", ("on", "is_workday", "name"), rows)
