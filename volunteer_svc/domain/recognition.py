"""The annual top ten of a station or of the county (R7)."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

import msgspec


class YearTotal(msgspec.Struct, frozen=True):
    """Counted minutes of one volunteer by service date in one calendar year (Shanghai)."""

    volunteer_id: UUID
    minutes: int


class Ranked(msgspec.Struct, frozen=True):
    """A place on the list. Equal minutes share a rank; the next rank skips (1, 2, 2, 4)."""

    volunteer_id: UUID
    rank: int
    minutes: int


class Ranking(msgspec.Struct, frozen=True):
    """The list; `tied_at_cutoff`: more than `n` people, because the last rank is shared."""

    entries: list[Ranked]
    tied_at_cutoff: bool


def rank(totals: Iterable[YearTotal], n: int) -> Ranking:
    """Everyone of rank `n` or better with more than 0 minutes; order inside a rank is free.

    `totals` are those who may be listed: active at the cut-off, not excluded by the head.
    """
    listed: list[Ranked] = []
    for total in sorted(totals, key=lambda t: (-t.minutes, t.volunteer_id)):
        same = listed and listed[-1].minutes == total.minutes
        place = listed[-1].rank if same else len(listed) + 1
        if place > n or total.minutes <= 0:
            break
        listed.append(Ranked(total.volunteer_id, place, total.minutes))
    return Ranking(listed, tied_at_cutoff=len(listed) > n)


def cutoff(year: int, today: date) -> date:
    """The day on which one must be active: 31 December, or today while the year runs."""
    return min(date(year, 12, 31), today)


def year_is_over(year: int, today: date) -> bool:
    """A list is provisional until its year is over."""
    return today.year > year
