"""The report of a station or of the county over any range of days (R12, R13).

Sums and counts only, no person and no free text: whoever may read it reads all there is.
"""

from collections import defaultdict
from datetime import date, timedelta
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.stations import all_stations
from volunteer_svc.domain.activity import ActivityForm
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import not_found
from volunteer_svc.domain.report import (
    YEARLY_TARGETS,
    Hours,
    HoursOfEvidence,
    check_range,
    put_together,
    told_outside,
)
from volunteer_svc.identity.permissions import granted, stations_seen
from volunteer_svc.store.reports import Held, Moves, Posted, Range, Served, Waiting
from volunteer_svc.store.stations import Station


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """`opening` + `new` + `returned` + `moved_in` − `exited` − `moved_out` = `closing`, of whom
    some are `suspended` on the last day and the rest `active`."""

    opening: int
    new: int
    returned: int
    moved_in: int
    exited: int
    moved_out: int
    closing: int
    active: int | None
    suspended: int | None


class Registrations(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in the range: applied for, materials complete, window over unused."""

    applied: int
    registered: int
    lapsed: int


class WaitingHours(msgspec.Struct, frozen=True, kw_only=True):
    records: int | None
    minutes: int | None


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """Counted records by day of service; `volunteers` served. What waits is no part of them."""

    records: int | None
    minutes: int | None
    volunteers: int
    on_time: int | None
    late: int | None
    waiting: WaitingHours


class Activities(msgspec.Struct, frozen=True, kw_only=True):
    """Of one form: those published, those with counted hours, and what a station owes a year."""

    form: ActivityForm
    held: int
    served: int
    yearly_target: int | None


class ReportMonth(msgspec.Struct, frozen=True, kw_only=True):
    """`month` is its first day, of the first one perhaps before the range. `members` at its end."""

    month: date
    joined: int
    left: int
    members: int
    records: int | None
    minutes: int | None


class ReportStation(msgspec.Struct, frozen=True, kw_only=True):
    """`served_activities`: by form, those with counted hours."""

    station_id: UUID
    name: str
    members: int
    new: int
    exited: int
    volunteers: int
    records: int | None
    minutes: int | None
    served_activities: dict[ActivityForm, int]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of the days `from_on` to `until_on`, both counted, as far as `as_of`: a range that
    is not over yet ends today. `station_id` None: all stations.

    Readers outside the stations are not told what fewer than five people did: in `hours`, by kind
    and form, it is put together, elsewhere it is None. `certificates` were issued in these days.
    """

    station_id: UUID | None
    station_name: str | None
    from_on: date
    until_on: date
    as_of: date
    members: Members
    registrations: Registrations
    service: Service
    hours: list[Hours]
    evidence: list[HoursOfEvidence]
    activities: list[Activities]
    certificates: int
    months: list[ReportMonth]
    stations: list[ReportStation]


async def read_report(
    call: Call, station_id: UUID | None, from_on: date | None = None, until_on: date | None = None
) -> Report:
    """Of this year so far unless said; of the own station for those who see no other.

    Raises `forbidden`, `not_found` (station), `range_ends_before_start`, `range_too_long`.
    """
    scope = stations_seen(call.actor, "figures.read", station_id)
    station = None if scope is None else await store.stations.find(scope)
    if scope is not None and station is None:
        raise not_found("station")
    today = local_date(call.now)
    until_on = until_on or max(today, from_on or today)
    from_on = from_on or until_on.replace(month=1, day=1)
    check_range(from_on, until_on)
    as_of = min(until_on, today)
    asked = Range(scope, from_on, as_of)
    moves = await store.reports.moves(asked)
    posted = await store.reports.posted(asked)
    served = await store.reports.served(asked)
    held = await store.reports.held(asked)
    registered = await store.reports.registered(asked)
    waiting = await store.reports.waiting(asked)
    report = Report(
        station_id=scope,
        station_name=station.name if station else None,
        from_on=from_on,
        until_on=until_on,
        as_of=as_of,
        members=_members(moves, await store.reports.suspended(asked)),
        registrations=Registrations(
            applied=sum(one.applied for one in registered),
            registered=sum(one.registered for one in registered),
            lapsed=sum(one.lapsed for one in registered),
        ),
        service=Service(
            records=sum(one.records for one in posted),
            minutes=sum(one.minutes for one in posted),
            volunteers=served.volunteers,
            on_time=sum(one.records for one in posted if not one.late),
            late=sum(one.records for one in posted if one.late),
            waiting=WaitingHours(records=waiting.records, minutes=waiting.minutes),
        ),
        hours=served.hours,
        evidence=_evidence(posted),
        activities=_activities(held),
        certificates=await store.reports.certificates(asked),
        months=_months(asked, moves, posted),
        stations=_stations(
            [station] if station else await all_stations(),
            moves, posted, served.at_station, held,
        ),
    )  # fmt: skip
    if granted(call.actor, "record.read") is None:
        return await _outside(report, asked, served, waiting)
    return report


async def _outside(report: Report, asked: Range, served: Served, waiting: Waiting) -> Report:
    """As those read it who know nobody at the stations: not what few people did (R12)."""
    people, figures = await store.reports.servers(asked), ("records", "minutes")
    hours = put_together(served.hours)
    months = [people.in_month.get(one.month, 0) for one in report.months]
    evidence = [people.of_evidence[one.evidence] for one in report.evidence]
    (members,) = told_outside(
        [report.members], [report.members.suspended or 0], "active", "suspended"
    )
    (service,) = told_outside([report.service], [served.volunteers], *figures, "on_time", "late")
    (waits,) = told_outside([report.service.waiting], [waiting.volunteers], *figures)
    return msgspec.structs.replace(
        report,
        members=members,
        service=msgspec.structs.replace(service, waiting=waits),
        hours=told_outside(hours, [one.volunteers or served.volunteers for one in hours], *figures),
        evidence=told_outside(report.evidence, evidence, *figures),
        months=told_outside(report.months, months, *figures),
        stations=told_outside(
            report.stations, [one.volunteers for one in report.stations], *figures
        ),
    )


def _net(moves: Moves) -> int:
    return moves.new + moves.returned + moves.moved_in - moves.exited - moves.moved_out


def _members(moves: list[Moves], suspended: int) -> Members:
    within = [one for one in moves if one.month is not None]
    closing = sum(_net(one) for one in moves)
    return Members(
        opening=sum(_net(one) for one in moves if one.month is None),
        new=sum(one.new for one in within),
        returned=sum(one.returned for one in within),
        moved_in=sum(one.moved_in for one in within),
        exited=sum(one.exited for one in within),
        moved_out=sum(one.moved_out for one in within),
        closing=closing,
        active=closing - suspended,
        suspended=suspended,
    )


def _evidence(posted: list[Posted]) -> list[HoursOfEvidence]:
    return [
        HoursOfEvidence(
            evidence=evidence,
            records=sum(one.records for one in posted if one.evidence == evidence),
            minutes=sum(one.minutes for one in posted if one.evidence == evidence),
        )
        for evidence in sorted({one.evidence for one in posted})
    ]


def _activities(held: list[Held]) -> list[Activities]:
    """Every form that is owed, and every other that there was."""
    forms = dict.fromkeys([*YEARLY_TARGETS, *(one.form for one in held)])
    return [
        Activities(
            form=form,
            held=sum(one.held for one in held if one.form == form),
            served=sum(one.served for one in held if one.form == form),
            yearly_target=YEARLY_TARGETS.get(form),
        )
        for form in forms
    ]


def _months(asked: Range, moves: list[Moves], posted: list[Posted]) -> list[ReportMonth]:
    """Each month of the range, also those in which nothing happened."""
    members = sum(_net(one) for one in moves if one.month is None)
    months = []
    month = asked.from_on.replace(day=1)
    while month <= asked.until_on:
        here = [one for one in moves if one.month == month]
        hours = [one for one in posted if one.month == month]
        members += sum(_net(one) for one in here)
        months.append(
            ReportMonth(
                month=month,
                joined=sum(one.new + one.returned + one.moved_in for one in here),
                left=sum(one.exited + one.moved_out for one in here),
                members=members,
                records=sum(one.records for one in hours),
                minutes=sum(one.minutes for one in hours),
            )
        )
        month = (month + timedelta(days=31)).replace(day=1)
    return months


def _stations(
    stations: list[Station],
    moves: list[Moves],
    posted: list[Posted],
    volunteers: dict[UUID, int],
    held: list[Held],
) -> list[ReportStation]:
    moved: defaultdict[UUID, list[Moves]] = defaultdict(list)
    for move in moves:
        moved[move.station_id].append(move)
    hours: defaultdict[UUID, list[Posted]] = defaultdict(list)
    for one in posted:
        hours[one.station_id].append(one)
    return [
        ReportStation(
            station_id=station.id,
            name=station.name,
            members=sum(_net(one) for one in moved[station.id]),
            new=sum(one.new for one in moved[station.id] if one.month is not None),
            exited=sum(one.exited for one in moved[station.id] if one.month is not None),
            volunteers=volunteers.get(station.id, 0),
            records=sum(one.records for one in hours[station.id]),
            minutes=sum(one.minutes for one in hours[station.id]),
            served_activities={
                one.form: one.served for one in held if one.station_id == station.id and one.served
            },
        )
        for station in stations
    ]
