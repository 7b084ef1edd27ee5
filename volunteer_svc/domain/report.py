"""Reports of any range of days: what counts into them, and what is too little to be told apart."""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

import msgspec

from volunteer_svc.domain.activity import ActivityForm
from volunteer_svc.domain.errors import refuse
from volunteer_svc.domain.registration import ServiceCategory
from volunteer_svc.domain.service_record import Evidence

T = TypeVar("T", bound=msgspec.Struct)
FEW = 5
"""Of fewer people than so many, what they did is not told apart from others' (R12)."""
DAYS_MAX = 3_660
"""Ten years: what is kept at least (R20)."""
YEARLY_TARGETS: dict[ActivityForm, int] = {
    "community_activity": 5,
    "group_work": 5,
    "policy_publicity": 2,
}
"""How many a station owes its county in a year, by the purchase requirement."""


class Hours(msgspec.Struct, frozen=True, kw_only=True):
    """Counted service of one kind and form; None: none was said.

    `volunteers` is None for what was put together of too few people (`together`); `records` and
    `minutes` are None where even all of it is of too few.
    """

    kind: ServiceCategory | None
    form: ActivityForm | None
    records: int | None
    minutes: int | None
    volunteers: int | None
    together: bool = False


class HoursOfEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """Counted service by how its hours are known: `historical` is shown apart.

    None: of so few people that it is not told outside the stations (`told_outside`).
    """

    evidence: Evidence
    records: int | None
    minutes: int | None


def check_range(from_on: date, until_on: date) -> None:
    """Raises `ends_before_start`, `range_too_long` (both of `until_on`)."""
    if until_on < from_on:
        raise refuse("range_ends_before_start", "until_on")
    if (until_on - from_on).days >= DAYS_MAX:
        raise refuse("range_too_long", "until_on", days=DAYS_MAX)


def told_outside(rows: Sequence[T], people: Sequence[int], *fields: str) -> list[T]:
    """The rows of a table as they are told outside: these fields None where too few did it.

    `people`: of how many each row tells. Not told are those of fewer than FEW, and the smallest of
    the others: else what is missing to the total would tell them. A row of nobody tells of nobody.
    """
    few = {n for n, count in enumerate(people) if 0 < count < FEW}
    rest = [n for n, count in enumerate(people) if count >= FEW]
    if few and rest:
        few.add(min(rest, key=lambda n: people[n]))
    return [
        msgspec.structs.replace(row, **dict.fromkeys(fields)) if n in few else row
        for n, row in enumerate(rows)
    ]


def put_together(cells: Sequence[Hours]) -> list[Hours]:
    """The cells, those of fewer than FEW people in one, and with them the smallest of the others:
    else what is missing to the total would tell them. How many people that one has is not told."""
    small = [cell for cell in cells if (cell.volunteers or 0) < FEW]
    if not small:
        return list(cells)
    large = sorted(
        (cell for cell in cells if (cell.volunteers or 0) >= FEW),
        key=lambda cell: (cell.volunteers or 0, cell.records or 0),
    )
    few = small + large[:1]
    together = Hours(
        kind=None,
        form=None,
        records=sum(cell.records or 0 for cell in few),
        minutes=sum(cell.minutes or 0 for cell in few),
        volunteers=None,
        together=True,
    )
    return [*(cell for cell in cells if cell not in few), together]
