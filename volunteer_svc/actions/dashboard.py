"""The figures of a station or of the county, for those who lead and those who pay (R12, R13).

Sums and counts only, no person and no free text: whoever may read them reads all there is.
"""

from datetime import date
from itertools import accumulate
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import not_found
from volunteer_svc.domain.report import told_outside
from volunteer_svc.identity.permissions import granted, stations_seen
from volunteer_svc.store.dashboard import Funnel, MonthOfKind, StationFigures, Stay

STARS = range(6)


class MonthOfMembers(msgspec.Struct, frozen=True, kw_only=True):
    """`month` is 1..12; `members` how many there were at its end, suspended ones too."""

    month: int
    joined: int
    left: int
    members: int


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """`station_id` None: all stations. Minutes are counted ones by date of service.

    `stars`: how many members hold 0, 1 … 5 stars today. `growth` ends with the present month.
    What fewer than five people did is None for readers outside the stations.
    """

    station_id: UUID | None
    year: int
    minutes: int | None
    records: int | None
    served: int
    members: int
    months: list[MonthOfKind]
    stars: list[int]
    growth: list[MonthOfMembers]
    funnel: Funnel
    stations: list[StationFigures]


async def read_dashboard(call: Call, station_id: UUID | None, year: int | None) -> Dashboard:
    """Of this year unless said; of the own station for those who see no other.

    Raises `forbidden`, `not_found` (station).
    """
    scope = stations_seen(call.actor, "figures.read", station_id)
    if scope is not None and await store.stations.find(scope) is None:
        raise not_found("station")
    today = local_date(call.now)
    year = today.year if year is None else year
    months = await store.dashboard.months(scope, year)
    held = await store.dashboard.stars(scope, today)
    last = min(date(year, 12, 31), today)
    figures = Dashboard(
        station_id=scope,
        year=year,
        minutes=sum(one.minutes or 0 for one in months),
        records=sum(one.records or 0 for one in months),
        served=await store.dashboard.served(scope, year),
        members=sum(held.values()),
        months=months,
        stars=[held.get(star, 0) for star in STARS],
        growth=_growth(await store.dashboard.stays(scope, last), year, last),
        funnel=await store.dashboard.funnel(scope, year, today),
        stations=await store.dashboard.side_by_side(scope, year, today),
    )
    return await _outside(figures) if granted(call.actor, "record.read") is None else figures


async def _outside(figures: Dashboard) -> Dashboard:
    """As those read it who know nobody at the stations: not what few people did (R12)."""
    people = await store.dashboard.servers(figures.station_id, figures.year)
    (told,) = told_outside([figures], [figures.served], "minutes", "records")
    return msgspec.structs.replace(
        told,
        months=told_outside(
            told.months, [people[one.month, one.kind] for one in told.months], "minutes", "records"
        ),
        stations=told_outside(told.stations, [one.served for one in told.stations], "minutes"),
    )


def _growth(stays: list[Stay], year: int, last: date) -> list[MonthOfMembers]:
    """Each month of the year up to `last`, also those in which nothing happened."""
    if last.year < year:
        return []
    by_month = {stay.month: stay for stay in stays}
    none = Stay(month=last, joined=0, left=0)
    shown = [by_month.get(date(year, n, 1), none) for n in range(1, last.month + 1)]
    before = sum(stay.joined - stay.left for stay in stays if stay.month.year < year)
    members = accumulate((stay.joined - stay.left for stay in shown), initial=before)
    next(members)
    return [
        MonthOfMembers(month=n, joined=stay.joined, left=stay.left, members=count)
        for n, (stay, count) in enumerate(zip(shown, members, strict=True), start=1)
    ]
