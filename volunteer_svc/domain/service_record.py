"""Hours: what counts at once, what waits and for whom, what is refused and why (R15)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.calendar import WorkCalendar, local_date
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.policy import Policy
from volunteer_svc.domain.terms import Terms, terms_faults
from volunteer_svc.domain.volunteer import Volunteer

Evidence = Literal["timed", "staff", "self", "historical"]
Level = Literal["station", "county"]
RecordState = Literal["counted", "waiting", "rejected", "reversed"]
DAY_MINUTES = 24 * 60
_ONE_DAY = timedelta(days=1)


class Window(msgspec.Struct, frozen=True, order=True, gc=False):
    """[started_at, ended_at): touching windows do not overlap."""

    started_at: datetime
    ended_at: datetime

    def overlaps(self, other: "Window") -> bool:
        return self.started_at < other.ended_at and other.started_at < self.ended_at


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One stint to be recorded: with a window, or with a date and minutes only.

    `minutes` are net of the break. `volunteer_id` is None when nobody was found for the entry.
    `provisional`: its end is not known, so that it waits for staff.
    """

    volunteer_id: UUID | None
    station_id: UUID
    served_on: date
    minutes: int
    evidence: Evidence
    window: Window | None = None
    break_minutes: int = 0
    title: str = ""
    kind: str | None = None
    place: str = ""
    leader: str = ""
    content: str = ""
    late_reason: str = ""
    evidence_reference: str = ""
    external_ref: str = ""
    import_key: bytes | None = None
    activity_id: UUID | None = None
    provisional: bool = False

    def days_touched(self) -> tuple[date, date]:
        """The first and the last local day of records that may overlap the entry or share its day:
        none is longer than 24 hours, and each belongs to the day of its start."""
        if self.window is None:
            return self.served_on, self.served_on
        return local_date(self.window.started_at - _ONE_DAY), local_date(self.window.ended_at)


class Recorder(msgspec.Struct, frozen=True):
    """Who enters: `volunteer_id` is the same person as a volunteer, whose hours are his own."""

    volunteer_id: UUID | None


class Counted(msgspec.Struct, frozen=True, tag="counted", gc=False):
    """Counts at once. `late`: entered after the working days of R15.

    `approximate`: the holiday table does not reach that far, the plain week was taken.
    """

    late: bool = False
    approximate: bool = False


class Waiting(msgspec.Struct, frozen=True, tag="waiting", gc=False):
    """Counts for nothing until a second person of `level` approves; `why` is a stable code."""

    level: Level
    why: str
    late: bool = False
    approximate: bool = False


class Refused(msgspec.Struct, frozen=True, tag="refused", gc=False):
    """Not recorded; all faults, the first as the outcome's code."""

    faults: tuple[Fault, ...]


Decision = Counted | Waiting | Refused


def net_minutes(started_at: datetime, ended_at: datetime, break_minutes: int) -> Fault | int:
    """Net minutes between two instants, or the fault: whole minutes, at most 24 h, not empty."""
    if ended_at <= started_at:
        return Fault("end_not_after_start", "ended_at")
    seconds = (ended_at - started_at).total_seconds()
    if seconds % 60:
        return Fault("not_whole_minutes", "ended_at")
    minutes = int(seconds) // 60
    if minutes > DAY_MINUTES:
        return Fault("longer_than_a_day", "ended_at")
    if break_minutes >= minutes:
        return Fault("break_too_long", "break_minutes")
    return minutes - break_minutes


class Book(msgspec.Struct):
    """What is already written down for the volunteers of a sheet; grows as entries are taken.

    `closings`: the first day a station is closed, if it is.
    `day_minutes`: counted plus waiting minutes of a volunteer's local day over all stations.
    `terms` of the activities that entries belong to; `topics`: what a volunteer holds on a day;
    `minors`: who is under 18 on the day of something hazardous.
    """

    volunteers: dict[UUID, Volunteer]
    windows: dict[UUID, list[Window]]
    day_minutes: dict[tuple[UUID, date], int]
    closings: dict[UUID, date | None] = {}
    terms: dict[UUID, Terms] = {}
    topics: dict[tuple[UUID, date], frozenset[str]] = {}
    minors: set[tuple[UUID, date]] = set()

    def join(self, other: "Book") -> None:
        """Add what `other` has read since; what this one has taken meanwhile goes on counting."""
        for owner, windows in other.windows.items():
            self.windows.setdefault(owner, []).extend(windows)
        for day, minutes in other.day_minutes.items():
            self.day_minutes.setdefault(day, minutes)
        self.closings.update(other.closings)
        self.terms.update(other.terms)
        self.topics.update(other.topics)
        self.minors.update(other.minors)

    def take(self, entry: Entry) -> None:
        assert entry.volunteer_id is not None  # noqa: S101 - only decided ones # nosec B101
        day = (entry.volunteer_id, entry.served_on)
        self.day_minutes[day] = self.day_minutes.get(day, 0) + entry.minutes
        if entry.window is not None:
            self.windows.setdefault(entry.volunteer_id, []).append(entry.window)


def decide_sheet(
    entries: Iterable[Entry],
    book: Book,
    *,
    recorder: Recorder,
    now: datetime,
    policy: Policy,
    calendar: WorkCalendar,
) -> list[Decision]:
    """One decision per entry, in order; a refused entry spoils no other. Grows `book`."""
    decisions = []
    for entry in entries:
        decision = decide(entry, book, recorder=recorder, now=now, policy=policy, calendar=calendar)
        if not isinstance(decision, Refused):
            book.take(entry)
        decisions.append(decision)
    return decisions


def decide(
    entry: Entry,
    book: Book,
    *,
    recorder: Recorder,
    now: datetime,
    policy: Policy,
    calendar: WorkCalendar,
) -> Decision:
    """Section 4 of the rules for one entry, given what the volunteer has already done."""
    volunteer = book.volunteers.get(entry.volunteer_id) if entry.volunteer_id else None
    if volunteer is None:
        return Refused((Fault("volunteer_unknown", "volunteer"),))
    today = local_date(now)
    ended_on = (
        local_date(entry.window.ended_at - timedelta(microseconds=1))
        if entry.window
        else (entry.served_on)
    )
    late = approximate = False
    if ended_on < today:
        deadline = calendar.deadline(ended_on, policy.entry_workdays)
        late, approximate = today > deadline.on, deadline.approximate
    closed_on = book.closings.get(entry.station_id)
    faults = [
        *_presence_faults(entry, volunteer),
        *_clash_faults(entry, volunteer, book),
        *_entry_faults(entry, recorder, now, late=late, policy=policy),
        *_activity_faults(entry, volunteer, book, policy),
    ]
    if closed_on is not None and entry.served_on >= closed_on:
        faults.append(Fault("station_closed", "served_on", {"closed_on": closed_on.isoformat()}))
    if faults:
        return Refused(tuple(faults))
    total = book.day_minutes.get((volunteer.id, entry.served_on), 0) + entry.minutes
    level, why = tier(entry.evidence, total, policy)
    if level is None and entry.provisional:
        level, why = "station", "check_out_forgotten"
    if level is None:
        return Counted(late, approximate)
    return Waiting(level, why, late, approximate)


def tier(evidence: Evidence, day_total: int, policy: Policy) -> tuple[Level | None, str]:
    """Whose approval an entry needs (None: counts at once) and the code that says why.

    `day_total`: minutes of the volunteer's local day over all stations, the entry included.
    """
    if day_total > policy.day_minutes_max:
        return "county", "day_over_max"
    if day_total > policy.day_minutes_direct:
        return "station", "day_over_direct"
    if evidence == "historical" or (evidence == "self" and policy.self_report_needs_approval):
        return "station", f"evidence_{evidence}"
    return None, ""


def _presence_faults(entry: Entry, volunteer: Volunteer) -> Iterable[Fault]:
    """A service date counts only inside a period in which the person was active.

    `historical` entries may lie before the induction: they need a reference and always wait.
    """
    inducted_on = volunteer.inducted_on()
    if entry.evidence == "historical":
        if inducted_on is None:
            yield Fault("not_inducted", "served_on")
        if not entry.evidence_reference:
            yield Fault("evidence_reference_required", "evidence_reference")
        if inducted_on is None or entry.served_on < inducted_on:
            return
    if inducted_on is None:
        yield Fault("not_inducted", "served_on")
    elif entry.served_on < inducted_on:
        yield Fault("not_inducted", "served_on", {"inducted_on": inducted_on.isoformat()})
    elif not volunteer.was_active_on(entry.served_on):
        yield Fault("not_active_on_date", "served_on")


def _clash_faults(entry: Entry, volunteer: Volunteer, book: Book) -> Iterable[Fault]:
    if entry.window is None:
        return
    if any(entry.window.overlaps(taken) for taken in book.windows.get(volunteer.id, ())):
        yield Fault("overlapping_service", "started_at")


def _activity_faults(
    entry: Entry, volunteer: Volunteer, book: Book, policy: Policy
) -> Iterable[Fault]:
    """R4, R18, and the window of the activity that the entry belongs to."""
    if entry.activity_id is None:
        return ()
    window = entry.window
    return terms_faults(
        book.terms.get(entry.activity_id),
        station_id=entry.station_id,
        served_on=entry.served_on,
        minutes=entry.minutes,
        window=(window.started_at, window.ended_at) if window else None,
        held_topics=book.topics.get((volunteer.id, entry.served_on), frozenset()),
        minor=(volunteer.id, entry.served_on) in book.minors,
        tolerance_minutes=policy.activity_tolerance_minutes,
    )


def _entry_faults(
    entry: Entry, recorder: Recorder, now: datetime, *, late: bool, policy: Policy
) -> Iterable[Fault]:
    if not 1 <= entry.minutes <= DAY_MINUTES:
        yield Fault("minutes_out_of_range", "minutes", {"max": DAY_MINUTES})
    future = entry.window.ended_at > now if entry.window else entry.served_on > local_date(now)
    if future:
        yield Fault("service_in_future", "ended_at" if entry.window else "served_on")
    if entry.evidence in ("staff", "historical") and recorder.volunteer_id == entry.volunteer_id:
        yield Fault("own_hours", "volunteer")
    if late and not entry.late_reason:
        yield Fault("late_reason_required", "late_reason", {"workdays": policy.entry_workdays})
