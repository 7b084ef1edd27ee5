"""The rules of registrations, hours and stars once more, in plain Python without the service.

Written from the guideline and not from `volunteer_svc.domain`, with arithmetic of its own: what
both get wrong in the same way is the only mistake that the machine cannot see.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

STARS = [hours * 60 for hours in (100, 200, 300, 400, 500)]
DIRECT = 8 * 60
MOST = 12 * 60
DAY = timedelta(days=1)
SHANGHAI = timedelta(hours=8)
"""No summer time since 1991."""


def day_of(instant: datetime) -> date:
    return (instant + SHANGHAI).date()


def three_months_after(day: date) -> date:
    """The corresponding day, or the last one that month has."""
    month = day.month + 3
    year, month = (day.year, month) if month <= 12 else (day.year + 1, month - 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(day.day, last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


@dataclass(eq=False)
class Listed:
    """A line of an induction's list."""

    session_id: Any
    station: Any
    held_on: date
    counted: bool
    by: Any


@dataclass(eq=False)
class Enrolment:
    """A registration, and what has become of it."""

    station: Any
    local: bool
    applied_on: date
    expires_on: date
    id: Any = None
    complete: dict[str, bool] = field(default_factory=dict)
    registered_on: date | None = None
    due_on: date | None = None
    attended_on: date | None = None
    inducted_on: date | None = None
    declined_on: date | None = None
    ended_on: date | None = None
    lapse_told: bool = False
    lists: list[Listed] = field(default_factory=list)

    def is_lapsed(self, today: date) -> bool:
        over = self.due_on is not None and today > self.due_on
        return over and not (self.inducted_on or self.declined_on or self.ended_on)

    def has_all(self) -> bool:
        wanted = ["id_document", "photo"] + ([] if self.local else ["residence_permit"])
        return all(self.complete.get(item) for item in wanted)


@dataclass(eq=False)
class Stint:
    """A service record; `standing` are its minutes after corrections."""

    person: "Person"
    station: Any
    day: date
    minutes: int
    evidence: str
    begin: datetime | None
    end: datetime | None
    pause: int
    late: bool
    state: str
    level: str | None
    entered_by: Any
    standing: int = 0
    id: Any = None
    raising: "Raise | None" = None


@dataclass(eq=False)
class Raise:
    """A correction to more minutes that waits for a second person."""

    stint: Stint
    to: int
    level: str
    entered_by: Any
    id: Any = None

    @property
    def person(self) -> "Person":
        return self.stint.person

    @property
    def station(self) -> Any:
        return self.stint.station


@dataclass(eq=False)
class Person:
    """A volunteer with everything that ever happened to him."""

    form: Any
    id: Any = None
    home: Any = None
    enrolments: list[Enrolment] = field(default_factory=list)
    suspensions: list[list[Any]] = field(default_factory=list)
    stints: list[Stint] = field(default_factory=list)
    years: dict[tuple[Any, int], int] = field(default_factory=dict)
    total: int = 0
    star: int = 0
    entries: int = 0
    version: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    account: Any = None

    @property
    def latest(self) -> Enrolment:
        return self.enrolments[-1]

    def state(self, today: date) -> str:
        last = self.latest
        if last.declined_on:
            return "declined"
        if last.ended_on:
            return "exited"
        if not last.registered_on:
            return "declined" if today > last.expires_on else "applied"
        if not last.inducted_on:
            return "lapsed" if last.is_lapsed(today) else "registered"
        return "suspended" if self.is_suspended(today) else "active"

    def over_since(self, today: date) -> date | None:
        """The first day a new registration may bear; None while the last one goes on."""
        last = self.latest
        return {
            "declined": last.declined_on or last.expires_on + DAY,
            "exited": last.ended_on,
            "lapsed": last.due_on and last.due_on + DAY,
        }.get(self.state(today))

    def is_suspended(self, day: date) -> bool:
        return any(first <= day and (end is None or day < end) for first, end in self.suspensions)

    def first_inducted_on(self) -> date | None:
        return min((e.inducted_on for e in self.enrolments if e.inducted_on), default=None)

    def was_active(self, day: date) -> bool:
        """The days of the induction and of the exit are days of service too."""
        return not self.is_suspended(day) and any(
            e.inducted_on and e.inducted_on <= day <= (e.ended_on or day) for e in self.enrolments
        )

    def minutes_of(self, day: date, pending: list[Stint]) -> int:
        """Counted and waiting minutes of the day, with what waiting corrections would add."""
        return sum(
            max(s.standing, s.raising.to if s.raising else 0)
            for s in [*self.stints, *pending]
            if s.person is self and s.day == day and s.state in ("counted", "waiting")
        )

    def tell(self, name: str, **data: Any) -> None:
        self.told.append({"name": name, **data})


@dataclass
class Draft:
    """A line of a sheet: with begin and end, or with a day and minutes."""

    person: Person
    evidence: str
    day: date
    minutes: int
    begin: datetime | None = None
    end: datetime | None = None
    pause: int = 0
    excuse: bool = True
    reference: bool = True


class Rules:
    """Decides before the service does, then follows it."""

    def __init__(self, holidays: dict[date, bool]) -> None:
        self.holidays = holidays

    def is_late(self, ended_on: date, today: date) -> bool:
        """Late when ten working days lie wholly between the service and today."""
        worked, day = 0, ended_on + DAY
        while day < today and worked < 10:
            worked += self.holidays.get(day, day.weekday() < 5)
            day += DAY
        return worked >= 10

    def judge(self, draft: Draft, station: Any, worker: Any, now: datetime,
              pending: list[Stint]) -> Stint | set[str]:  # fmt: skip
        """The stint as it would be written, or all that is wrong with the line."""
        person, today = draft.person, day_of(now)
        ended_on = day_of(draft.end - timedelta(seconds=1)) if draft.end else draft.day
        late = self.is_late(ended_on, today)
        faults = self._presence(draft)
        faults |= {"overlapping_service"} if self._overlaps(draft, pending) else set()
        if not 1 <= draft.minutes <= 24 * 60:
            faults.add("minutes_out_of_range")
        if (draft.end > now) if draft.end else (draft.day > today):
            faults.add("service_in_future")
        if draft.evidence in ("staff", "historical") and worker and worker.person is person:
            faults.add("own_hours")
        if late and not draft.excuse:
            faults.add("late_reason_required")
        if faults:
            return faults
        total = person.minutes_of(draft.day, pending) + draft.minutes
        level = None if draft.evidence == "staff" else "station"
        level = "station" if total > DIRECT else level
        level = "county" if total > MOST else level
        return Stint(
            person=person, station=station, day=draft.day, minutes=draft.minutes,
            evidence=draft.evidence, begin=draft.begin, end=draft.end, pause=draft.pause,
            late=late, state="waiting" if level else "counted", level=level,
            entered_by=worker, standing=draft.minutes,
        )  # fmt: skip

    def _presence(self, draft: Draft) -> set[str]:
        first = draft.person.first_inducted_on()
        faults = set()
        if draft.evidence == "historical" and not draft.reference:
            faults.add("evidence_reference_required")
        if first is None:
            return faults | {"not_inducted"}
        if draft.day < first:
            return faults if draft.evidence == "historical" else faults | {"not_inducted"}
        return faults if draft.person.was_active(draft.day) else faults | {"not_active_on_date"}

    def _overlaps(self, draft: Draft, pending: list[Stint]) -> bool:
        spans = [
            (s.begin, s.end) for s in [*draft.person.stints, *pending]
            if s.begin and s.person is draft.person and s.state in ("counted", "waiting")
        ]  # fmt: skip
        spans = sorted([*spans, (draft.begin, draft.end)]) if draft.begin else []
        return any(one[1] > next_one[0] for one, next_one in pairwise(spans))

    def record(self, stint: Stint) -> None:
        stint.person.stints.append(stint)
        if stint.state == "counted":
            self._recorded(stint, "service_record")

    def approve(self, stint: Stint) -> None:
        stint.state = "counted"
        self._recorded(stint, "approval")

    def reject(self, stint: Stint) -> None:
        stint.state = "rejected"
        stint.person.tell("service.rejected", record_id=stint.id, station_id=stint.station.id)

    def _recorded(self, stint: Stint, cause: str) -> None:
        told = {
            "name": "service.recorded", "record_id": stint.id, "station_id": stint.station.id,
            "served_on": stint.day, "minutes": stint.minutes, "evidence": stint.evidence,
            "late": stint.late,
        }  # fmt: skip
        self._post(stint, stint.minutes, told, {"kind": cause, "id": str(stint.id)})

    def restate(self, stint: Stint, minutes: int, correction_id: Any) -> None:
        """A correction counts: the difference goes into the ledger; nothing left is reversed."""
        delta = minutes - stint.standing
        stint.standing, stint.raising = minutes, None
        stint.state = "counted" if minutes else "reversed"
        told = {
            "name": "service.corrected", "record_id": stint.id, "correction_id": correction_id,
            "minutes_delta": delta, "station_id": stint.station.id,
        }  # fmt: skip
        self._post(stint, delta, told, {"kind": "correction", "id": str(correction_id)})

    def _post(self, stint: Stint, delta: int, told: dict[str, Any], cause: dict[str, str]) -> None:
        person = stint.person
        person.total += delta
        person.entries += 1
        place = (stint.station.id, stint.day.year)
        person.years[place] = person.years.get(place, 0) + delta
        person.told.append(told | {"counted_minutes": person.total})
        earned = len([minutes for minutes in STARS if person.total >= minutes])
        while person.star != earned:
            up = person.star < earned
            before, person.star = person.star, person.star + (1 if up else -1)
            person.tell(
                "star.promoted" if up else "star.revoked",
                from_star=before, to_star=person.star, counted_minutes=person.total,
                caused_by=cause,
            )  # fmt: skip

    def refusal_of_decision(self, item: Stint | Raise, worker: Any, *, why: bool,
                            rejects: bool) -> str | None:  # fmt: skip
        """Why this person may not decide the item, if so."""
        if not worker.serves(item.station):
            return "forbidden"
        if isinstance(item, Stint) and item.state != "waiting":
            return "not_waiting"
        if isinstance(item, Raise) and item.stint.raising is not item:
            return "not_waiting"
        if item.entered_by is worker:
            return "second_person_required"
        if item.person is worker.person:
            return "own_hours"
        if item.level == "county" and worker.role != "county":
            return "county_approval_required"
        return "reason_required" if rejects and not why else None

    def correction(self, stint: Stint, minutes: int, worker: Any) -> tuple[str, str | None]:
        """(`counted`, None), (`waiting`, level) or (`refused`, code)."""
        if not worker.serves(stint.station):
            return "refused", "forbidden"
        if stint.raising:
            return "refused", "correction_waiting"
        if stint.state != "counted":
            return "refused", "record_not_counted"
        if minutes == stint.standing:
            return "refused", "correction_changes_nothing"
        if stint.person is worker.person:
            return "refused", "own_hours"
        if stint.begin and stint.end:
            longest = round((stint.end - stint.begin).total_seconds() / 60) - stint.pause
            if minutes > longest:
                return "refused", "longer_than_window"
        if minutes < stint.standing:
            return "counted", None
        day = stint.person.minutes_of(stint.day, []) - stint.standing + minutes
        return "waiting", "county" if day > MOST else "station"

    def open(self, person: Person, enrolment: Enrolment, today: date) -> None:
        """A registration comes in, its materials ticked or not."""
        person.enrolments.append(enrolment)
        person.tell(
            "volunteer.applied", registration_id=enrolment.id, station_id=enrolment.station.id,
            applied_on=enrolment.applied_on,
        )  # fmt: skip
        self.complete(person, today)

    def complete(self, person: Person, today: date) -> None:
        """Once every item is there: registered today, and the window of three months opens."""
        last = person.latest
        if not last.has_all():
            return
        last.registered_on, last.due_on = today, three_months_after(today)
        person.home = last.station
        person.tell(
            "volunteer.registered", registration_id=last.id, registered_on=today,
            induction_due_on=last.due_on, station_id=last.station.id,
        )  # fmt: skip
        self._induct(person)

    def attend(self, person: Person, held_on: date) -> str | None:
        """Why the attendance does not make him active, if so; an earlier sheet moves the day."""
        last = person.latest
        if last.declined_on or last.ended_on:
            return "registration_not_open"
        if last.inducted_on and last.attended_on and held_on >= last.attended_on:
            return "already_inducted"
        if held_on < last.applied_on:
            return "induction_before_application"
        if last.due_on and held_on > last.due_on:
            return "induction_window_over"
        last.attended_on = min(held_on, last.attended_on or held_on)
        self._induct(person)
        return None

    def refusal_of_revocation(self, person: Person, line: Listed, worker: Any,
                              today: date) -> str | None:  # fmt: skip
        if worker.role == "social_worker" or not worker.serves(line.station):
            return "forbidden"
        if line.by is worker:
            return "second_person_required"
        last = person.latest
        if person.state(today) not in ("applied", "active", "suspended"):
            return "state_forbids"
        if line not in last.lists or not line.counted or line.held_on != last.attended_on:
            return "induction_not_deciding"
        if not last.inducted_on:
            return None
        _, inducted_on = self._without(last, line)
        earlier = any(one.inducted_on for one in person.enrolments[:-1])
        hours = [s.day for s in person.stints if s.state in ("counted", "waiting")]
        if not inducted_on and not earlier:
            return "served_since_induction" if hours else None
        resting = [d for d in hours if last.inducted_on <= d < (inducted_on or date.max)]
        return "served_since_induction" if resting else None

    def _without(self, last: Enrolment, line: Listed) -> tuple[Listed | None, date | None]:
        """The line that decides instead, and the day on which it makes him active."""
        due_on = last.due_on or date.max
        others = [o for o in last.lists if o is not line and last.applied_on <= o.held_on <= due_on]
        following = min(others, key=lambda one: one.held_on, default=None)
        if following is None or last.registered_on is None:
            return following, None
        return following, max(last.registered_on, following.held_on)

    def revoke(self, person: Person, line: Listed, today: date) -> None:
        """Another session decides instead, or the window is open again, or over."""
        last = person.latest
        following, inducted_on = self._without(last, line)
        was = last.inducted_on
        last.lists.remove(line)
        last.attended_on, last.inducted_on = following and following.held_on, inducted_on
        for one in last.lists:
            one.counted = one.counted or one is following
        if was is None or was == inducted_on:
            return
        person.tell("induction.revoked", registration_id=last.id, inducted_on=was,
                    station_id=last.station.id, revoked_on=today)  # fmt: skip
        if inducted_on:
            self._induct(person)
            return
        last.lapse_told = False
        if last.is_lapsed(today):
            self.announce_lapses([person], today)

    def _induct(self, person: Person) -> None:
        last = person.latest
        if last.registered_on and last.attended_on:
            last.inducted_on = max(last.registered_on, last.attended_on)
            person.tell(
                "induction.completed", registration_id=last.id, inducted_on=last.inducted_on,
                station_id=last.station.id,
            )  # fmt: skip

    def announce_lapses(self, people: list[Person], today: date) -> int:
        """Once per registration; how many."""
        told = 0
        for person in people:
            for one in person.enrolments:
                if one.is_lapsed(today) and not one.lapse_told:
                    one.lapse_told = True
                    told += 1
                    lapsed_on = one.due_on + DAY if one.due_on else None
                    person.tell("registration.lapsed", registration_id=one.id, lapsed_on=lapsed_on)
        return told

    def suspend(self, person: Person, today: date) -> None:
        person.suspensions.append([today, None])
        person.tell("volunteer.suspended", from_on=today)

    def reinstate(self, person: Person, today: date) -> None:
        self._end_suspension(person, today)
        person.tell("volunteer.reinstated", reinstated_on=today)

    def exit(self, person: Person, today: date) -> None:
        self._end_suspension(person, today + DAY)
        person.latest.ended_on = today
        person.tell("volunteer.exited", exited_on=today)

    def decline(self, person: Person, today: date) -> None:
        person.latest.declined_on = today
        person.tell("volunteer.declined", registration_id=person.latest.id, declined_on=today)

    def _end_suspension(self, person: Person, today: date) -> None:
        for one in person.suspensions:
            one[1] = today if one[1] is None else one[1]
