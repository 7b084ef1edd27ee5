"""The numbers of the rules and the holiday table."""

from datetime import date
from functools import lru_cache

import msgspec

from volunteer_svc.domain.calendar import WorkCalendar
from volunteer_svc.domain.policy import Policies, Policy
from volunteer_svc.store.database import fetch


async def load() -> Policies:
    """Every version; values it does not state are the guideline's."""
    rows = await fetch("SELECT version, valid_from, numbers::text FROM policy ORDER BY valid_from")
    return _policies(tuple(tuple(row) for row in rows))


@lru_cache(2)  # every command reads them, and hardly anybody changes them
def _policies(rows: tuple[tuple[str, date, str], ...]) -> Policies:
    return Policies(
        tuple(
            msgspec.convert(
                msgspec.json.decode(numbers) | {"version": version, "valid_from": valid_from},
                Policy,
            )
            for version, valid_from, numbers in rows
        )
    )


async def work_calendar() -> WorkCalendar:
    rows = await fetch('SELECT "on", is_workday FROM holiday ORDER BY "on"')
    return _calendar(tuple((row["on"], row["is_workday"]) for row in rows))


@lru_cache(2)  # the deadlines a calendar has counted stay known until the table changes
def _calendar(exceptions: tuple[tuple[date, bool], ...]) -> WorkCalendar:
    return WorkCalendar.of(dict(exceptions))
