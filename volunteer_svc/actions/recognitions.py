"""The annual lists: provisional while they move, published as frozen snapshots (R7, R19)."""

import itertools
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault, Refusal, not_found, refuse
from volunteer_svc.domain.events import (
    RecognitionAmended,
    RecognitionEntry,
    RecognitionPublished,
)
from volunteer_svc.domain.recognition import Ranking, YearTotal, cutoff, rank, year_is_over
from volunteer_svc.identity.people import masked_name
from volunteer_svc.identity.permissions import granted, require, require_staff
from volunteer_svc.store.outbox import Raised
from volunteer_svc.store.recognitions import Exclusion, Issue

EXCLUSIONS_MAX = 100
_CHUNK = 100


class Publish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Publish the list of a station, or of the county (no station); who is left out and why.

    `replaces`: the version that the new one takes the place of; 0: none is published yet. Of two
    heads who publish at once one wins, and the other is told so.
    """

    station_id: UUID | None = None
    replaces: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    exclusions: Annotated[list[Exclusion], Meta(max_length=EXCLUSIONS_MAX)] = []


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A place on a list. `staff`: this person also works for a station."""

    volunteer_id: UUID
    member_no: str | None
    name: str
    rank: int
    minutes: int
    staff: bool


class RecognitionList(msgspec.Struct, frozen=True, kw_only=True):
    """A list. Published ones do not change; `outdated`: corrections since would change it.

    `on_behalf_of`: the head in whose stead `published_by` published it; both for the station.
    """

    scope: Literal["station", "county"]
    station_id: UUID | None
    year: int
    status: Literal["provisional", "published"]
    version: int | None
    published_at: datetime | None
    published_by: UUID | None
    on_behalf_of: UUID | None
    outdated: bool
    tied_at_cutoff: bool
    entries: list[Place]
    exclusions: list[Exclusion]


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom the head leaves out of a list, and why; masked when he would not be on it."""

    volunteer_id: UUID
    member_no: str | None
    name: str
    reason: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The list as it would be published now: who is left out lets the next move up."""

    drawn: RecognitionList
    left_out: list[LeftOut]


@reading
async def draft_recognition(call: Call, year: int, request: Publish) -> Draft:
    """Look at a list before it is published. Raises `forbidden`, `not_found` (station), and as
    `publish_recognition` for its exclusions."""
    await _require_station(request.station_id)
    require(call.actor, "recognition.read", request.station_id)
    await _check_exclusions(request.exclusions)
    ranking = await _ranking(call, year, request.station_id, request.exclusions)
    excluded = [one.volunteer_id for one in request.exclusions]
    volunteers = await store.volunteers.load(excluded)
    names = await store.people.names(excluded)
    # Ids stand on the lists of all stations: naming one here must not tell who that is.
    near = await store.ledger.on_totals(year, request.station_id, excluded)
    full = _in_full(call, request.station_id)
    left_out = [
        LeftOut(
            volunteer_id=one.volunteer_id,
            member_no=volunteers[one.volunteer_id].member_no if one.volunteer_id in near else None,
            name=_shown(names.get(one.volunteer_id, ""), full=full and one.volunteer_id in near),
            reason=one.reason,
        )
        for one in request.exclusions
    ]
    drawn = await _list(call, year, request.station_id, ranking, None, outdated=False)
    return Draft(drawn=drawn, left_out=left_out)


@reading
async def read_recognition(call: Call, year: int, station_id: UUID | None) -> RecognitionList:
    """The published list, or the provisional one. Raises `forbidden`, `not_found` (station).

    Staff and volunteers of all stations read published lists; names are masked for them.
    """
    await _require_station(station_id)
    issues = await store.recognitions.issues(station_id=station_id, year=year)
    if issues:
        require(call.actor, "recognition.published")
    else:
        require(call.actor, "recognition.read", station_id)
    if not issues:
        ranking = await _ranking(call, year, station_id, [])
        return await _list(call, year, station_id, ranking, None, outdated=False)
    latest = issues[-1]
    now = await _ranking(call, year, station_id, latest.exclusions)
    issued = Ranking(latest.entries, latest.tied_at_cutoff)
    return await _list(call, year, station_id, issued, latest, outdated=now != issued)


async def for_outside(found: RecognitionList) -> RecognitionList:
    """The list for a wall outside the station: masked, but who agreed to be named there (R19)."""
    named = await store.recognitions.consented([one.volunteer_id for one in found.entries])
    shown = [
        msgspec.structs.replace(one, name=_shown(one.name, full=one.volunteer_id in named))
        for one in found.entries
    ]
    return msgspec.structs.replace(found, entries=shown)


@command
async def publish_recognition(call: Call, year: int, request: Publish) -> RecognitionList:
    """Freeze the list and tell everybody. Again: a new version, when the list has changed.

    Raises `year_not_over`, `recognition_published_meanwhile` (409), `recognition_unchanged` (409),
    `forbidden`.
    """
    await _require_station(request.station_id)
    staff = require_staff(call.actor, "recognition.publish")
    head = None
    if granted(staff, "recognition.publish") is None:  # a colleague of the head may stand in
        head = await store.staffing.delegator(staff.id, local_date(call.now))
    require(head or staff, "recognition.publish", request.station_id)
    if not year_is_over(year, local_date(call.now)):
        raise refuse("year_not_over", "year", year=year)
    await _check_exclusions(request.exclusions)
    recognition_id, version = await store.recognitions.next_version(
        ids.uuid7(), station_id=request.station_id, year=year
    )
    if version != request.replaces + 1:
        raise refuse("recognition_published_meanwhile", kind="conflict", version=version - 1)
    ranking = await _ranking(call, year, request.station_id, request.exclusions)
    issue = Issue(
        recognition_id=recognition_id,
        version=version,
        published_by=staff.id,
        on_behalf_of=head.id if head else None,
        published_at=call.now,
        tied_at_cutoff=ranking.tied_at_cutoff,
        entries=ranking.entries,
        exclusions=request.exclusions,
    )
    before = await store.recognitions.issues(station_id=request.station_id, year=year)
    if before and (before[-1].entries, before[-1].exclusions) == (issue.entries, issue.exclusions):
        raise refuse("recognition_unchanged", kind="conflict", version=version - 1)
    await store.recognitions.insert(ids.uuid7(), issue)
    event = (RecognitionPublished if version == 1 else RecognitionAmended)(
        recognition_id=recognition_id,
        scope="station" if request.station_id else "county",
        station_id=request.station_id,
        year=year,
        version=version,
        entries=tuple(RecognitionEntry(e.volunteer_id, e.rank, e.minutes) for e in issue.entries),
        tied_at_cutoff=ranking.tied_at_cutoff,
    )
    raised = Raised(
        event=event,
        version=version,
        station_id=request.station_id,
        happened_at=call.now,
        trace=call.trace,
    )
    await store.outbox.append([raised])
    call.notes.changed(
        f"recognition/{recognition_id}",
        year=year,
        version=version,
        entries=len(issue.entries),
        excluded=[one.volunteer_id for one in request.exclusions],
    )
    return await _list(call, year, request.station_id, ranking, issue, outdated=False)


async def _check_exclusions(exclusions: list[Exclusion]) -> None:
    excluded = [exclusion.volunteer_id for exclusion in exclusions]
    known = await store.volunteers.load(excluded)
    faults = [
        Fault("item_repeated" if one in known else "volunteer_unknown", f"exclusions[{n}]")
        for n, one in enumerate(excluded)
        if one not in known or one in excluded[:n]
    ]
    if faults:
        raise Refusal(*faults)


async def _require_station(station_id: UUID | None) -> None:
    if station_id is not None and await store.stations.find(station_id) is None:
        raise not_found("station")


async def _ranking(
    call: Call, year: int, station_id: UUID | None, exclusions: list[Exclusion]
) -> Ranking:
    """Rank those active at the cut-off and not excluded; loads no more people than it needs."""
    today = local_date(call.now)
    policies = await store.policies.load()
    top_n = policies.on(date(year, 12, 31)).recognition_top_n
    excluded = {exclusion.volunteer_id for exclusion in exclusions}
    day = cutoff(year, today)
    eligible: list[YearTotal] = []
    for offset in itertools.count(0, _CHUNK):
        chunk = await store.ledger.year_totals(year, station_id, offset=offset, limit=_CHUNK)
        volunteers = await store.volunteers.load([total.volunteer_id for total in chunk])
        eligible += [
            total
            for total in chunk
            if total.volunteer_id not in excluded
            and volunteers[total.volunteer_id].is_active_after(day)
        ]
        # Totals come in descending order: once somebody is beyond the last rank, all others are.
        if len(chunk) < _CHUNK or len(rank(eligible, top_n).entries) < len(eligible):
            break
    return rank(eligible, top_n)


async def _list(
    call: Call,
    year: int,
    station_id: UUID | None,
    ranking: Ranking,
    issue: Issue | None,
    *,
    outdated: bool,
) -> RecognitionList:
    on_list = [entry.volunteer_id for entry in ranking.entries]
    volunteers = await store.volunteers.load(on_list)
    names = await store.people.names(on_list)
    staff = await store.volunteers.staff_volunteers(on_list)
    consented = await store.recognitions.consented(on_list)
    full = _in_full(call, station_id)
    return RecognitionList(
        scope="station" if station_id else "county",
        station_id=station_id,
        year=year,
        status="published" if issue else "provisional",
        version=issue.version if issue else None,
        published_at=issue.published_at if issue else None,
        published_by=issue.published_by if issue and full else None,
        on_behalf_of=issue.on_behalf_of if issue and full else None,
        outdated=outdated,
        tied_at_cutoff=ranking.tied_at_cutoff,
        entries=[
            Place(
                volunteer_id=entry.volunteer_id,
                member_no=volunteers[entry.volunteer_id].member_no,
                name=_shown(
                    names.get(entry.volunteer_id, ""),
                    full=full or entry.volunteer_id in consented,
                ),
                rank=entry.rank,
                minutes=entry.minutes,
                staff=entry.volunteer_id in staff,
            )
            for entry in ranking.entries
        ],
        exclusions=issue.exclusions if issue and full else [],
    )


def _in_full(call: Call, station_id: UUID | None) -> bool:
    """Whether the actor sees the names of this list: staff of the station, and of the county."""
    return isinstance(call.actor, Staff) and (
        granted(call.actor, "record.write") == "all"
        or (station_id is not None and station_id == call.actor.station_id)
    )


def _shown(name: str, *, full: bool) -> str:
    """Of somebody erased there is no name to show, whoever asks."""
    return name if full and name else masked_name(name)
