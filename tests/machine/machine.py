"""A hypothesis state machine: it drives the actions and the model side by side and compares."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from tests import builders
from tests.machine.rules import (
    DAY,
    DIRECT,
    SHANGHAI,
    STARS,
    Draft,
    Enrolment,
    Listed,
    Person,
    Raise,
    Rules,
    Stint,
    day_of,
)
from tests.machine.stage import Stage, Worker, call
from volunteer_svc.actions import (
    approvals,
    corrections,
    housekeeping,
    induction_revocations,
    inductions,
    registrations,
    service_records,
    volunteers,
)
from volunteer_svc.actions.approvals import Decide, Decisions
from volunteer_svc.actions.corrections import Correct
from volunteer_svc.actions.induction_revocations import RevokeInduction
from volunteer_svc.actions.inductions import Attendee, PlanSession, RecordAttendance
from volunteer_svc.actions.intake import Register
from volunteer_svc.actions.registrations import CheckMaterials, Decline, Enrol, Tick
from volunteer_svc.actions.service_records import Sheet
from volunteer_svc.actions.volunteers import WithReason
from volunteer_svc.domain.actor import Anyone, Self
from volunteer_svc.domain.sheet import SheetLine

PEOPLE_MAX = 6
SHEET_MAX = 40
REASON = WithReason(reason="测试")
STATES = ("applied", "registered", "active", "lapsed", "suspended", "exited", "declined")

some = st.integers(0, 2**16)
"""Which of those there are: `pick` takes it modulo their number, so that every example shrinks."""
ticks = st.lists(
    st.builds(
        Tick,
        item=st.sampled_from(["id_document", "photo", "residence_permit"]),
        original_seen=st.sampled_from([True, True, False]),
        copy_received=st.sampled_from([True, True, False]),
    ),
    max_size=3,
    unique_by=lambda tick: tick.item,
)
ago = st.one_of(st.integers(0, 3), st.integers(0, 20), st.integers(-1, 400))
quantities = st.one_of(st.sampled_from([60, 120, 240, 480, 481, 720, 721]), st.integers(0, 1441))


class Line(msgspec.Struct):
    """What is drawn of a line; the machine makes it a line of somebody's."""

    who: int
    evidence: str
    ago: int
    minutes: int
    hour: int | None
    pause: int
    excuse: bool
    reference: bool


lines = st.builds(
    Line,
    who=some,
    evidence=st.sampled_from(["staff", "staff", "staff", "self", "historical"]),
    ago=ago,
    minutes=quantities,
    hour=st.one_of(st.none(), st.integers(0, 23)),
    pause=st.sampled_from([0, 0, 30]),
    excuse=st.sampled_from([True, True, False]),
    reference=st.sampled_from([True, True, False]),
)


class Machine(RuleBasedStateMachine):
    """Every rule asks the model what must come of it, acts, and follows the outcome."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        stage.empty()
        self.rules = Rules(stage.holidays)
        self.cast = list(stage.cast)
        self.people: list[Person] = []
        self.raises: list[Raise] = []
        self.now = datetime(2025, 4, 1, 4, tzinfo=UTC)
        self.last_event = 0
        self.places = 0

    @property
    def today(self) -> date:
        return day_of(self.now)

    def person(self, which: int, *states: str) -> Person:
        """Anybody, but mostly somebody in these states."""
        return pick(which, self.people, [p for p in self.people if p.state(self.today) in states])

    def worker(self, which: int, *stations: Any) -> Worker:
        """Anybody, but mostly somebody who serves at these stations."""
        right = [one for one in self.cast if all(one.serves(station) for station in stations)]
        return pick(which, self.cast, right)

    def station(self, which: int) -> Any:
        return pick(which, self.stage.stations)

    def call(self, actor: Any) -> Any:
        return call(actor, self.now)

    # Registering.

    @initialize(local=st.booleans(), idle=st.integers(0, 300))
    def three_people_serve_already(self, local, idle):
        for _ in range(3):
            self.enrol(None, self.cast[0], self.station(0), builders.ALL_MATERIALS, 0, local=True)
        self.enrol(None, self.cast[0], self.station(0), builders.ALL_MATERIALS, 0, local=local)
        self.attend(self.people[:3], self.cast[0], self.station(0), self.today)
        self.now += timedelta(days=idle)

    @rule(which=some, known=st.booleans(), station=some, local=st.booleans())
    def register_oneself(self, which, known, station, local):
        person = self.somebody(which, known=known)
        if person is None:
            return
        form = self.form_of(person, local=local)
        request = Register(station_id=self.station(station).id, form=form)
        answer = self.stage.ask(builders.handed_in(self.call(Anyone()), request))
        assert answer.receipt
        if not self.is_member(person):
            person.home = person.home or self.station(station)
            self.follow_registration(person, self.station(station), form, [])

    @rule(which=some, known=st.booleans(), by=some, station=some, given=ticks,
          applied=st.sampled_from([0, 0, 0, 1, 30, 100]), local=st.booleans())  # fmt: skip
    def enrol_at_the_desk(self, which, known, by, station, given, applied, local):
        person = self.somebody(which, known=known)
        if person is not None:
            where = self.station(station)
            self.enrol(person, self.worker(by, where), where, given, applied, local=local)

    def enrol(self, person, worker, station, given, applied, *, local):
        person = person or Person(builders.form())
        form = self.form_of(person, local=local, applied=applied)
        request = Enrol(station_id=station.id, form=form, materials=given)
        answer = self.stage.ask(registrations.enrol_volunteer(self.call(worker.actor), request))
        if not worker.serves(station):
            assert answer == "forbidden"
        elif self.is_member(person):
            assert answer == "already_registered"
        elif person.enrolments and form.applied_on < person.over_since(self.today):
            assert answer == "applied_before_end"
        else:
            person.home = station
            self.follow_registration(person, station, form, given)
            assert answer.volunteer_id == person.id
            assert answer.state == person.state(self.today)

    @rule(which=some, by=some, given=ticks.filter(bool))
    def tick_materials(self, which, by, given):
        person = self.person(which, "applied")
        last, worker = person.latest, self.worker(by, person.latest.station)
        action = registrations.check_materials(
            self.call(worker.actor), last.id, CheckMaterials(materials=given), None
        )
        answer = self.stage.ask(action)
        if self.is_open(person, worker, answer):
            last.complete |= completed(given)
            self.rules.complete(person, self.today)
            assert answer.state == person.state(self.today)

    @rule(which=some, by=some)
    def decline(self, which, by):
        person = self.person(which, "applied")
        worker = self.worker(by, person.latest.station)
        action = registrations.decline(
            self.call(worker.actor), person.latest.id, Decline(reason="测试"), None
        )
        if self.is_open(person, worker, self.stage.ask(action)):
            self.rules.decline(person, self.today)

    def is_open(self, person, worker, answer):
        if not worker.serves(person.latest.station):
            assert answer == "forbidden"
        elif person.state(self.today) != "applied":
            assert answer == "registration_not_open"
        else:
            return True
        return False

    def is_member(self, person):
        """Somebody whose registration is not over; he cannot open another one."""
        return bool(person.enrolments) and person.over_since(self.today) is None

    def somebody(self, which, *, known):
        if known:
            return self.person(which, "lapsed", "exited", "declined")
        return Person(builders.form()) if len(self.people) < PEOPLE_MAX else None

    def form_of(self, person, *, local, applied=0):
        return msgspec.structs.replace(
            person.form, applied_on=self.today - applied * DAY, household_local=local
        )

    def follow_registration(self, person, station, form, given):
        enrolment = Enrolment(
            station=station, local=form.household_local, applied_on=form.applied_on,
            expires_on=self.today + 180 * DAY, complete=completed(given),
        )  # fmt: skip
        if person not in self.people:
            self.people.append(person)
            known = {one.id for one in self.people}
            (person.id,) = self.stage.books().keys() - known
        enrolment.id = self.stage.last_registration(person.id)
        self.rules.open(person, enrolment, self.today)

    # Inductions.

    @rule(who=st.lists(some, min_size=1, max_size=3), by=some, station=some, days=ago)
    def attend_an_induction(self, who, by, station, days):
        people = list(dict.fromkeys(self.person(one, "registered", "applied") for one in who))
        held_on, where = self.today - days * DAY, self.station(station)
        self.attend(people, self.worker(by, where), where, held_on)

    @rule(which=some, by=some, days=st.integers(-1, 2))
    def attend_near_the_end_of_the_window(self, which, by, days):
        person = self.person(which, "lapsed", "registered")
        station = person.latest.station
        if person.latest.due_on:
            held_on = person.latest.due_on + days * DAY
            self.attend([person], self.worker(by, station), station, held_on)

    def attend(self, people, worker, station, held_on):
        self.places += 1
        plan = PlanSession(station_id=station.id, held_on=held_on, place=f"{self.places}号")
        session = self.stage.ask(inductions.plan_session(self.call(worker.actor), plan))
        if not worker.serves(station):
            assert session == "forbidden"
            return
        attendees = [Attendee(volunteer_id=person.id) for person in people]
        action = inductions.record_attendance(
            self.call(worker.actor), session.id, RecordAttendance(attendees=attendees)
        )
        answer = self.stage.ask(action)
        if held_on > self.today:
            assert answer == "date_in_future"
            return
        for person, outcome in zip(people, answer.outcomes, strict=True):
            fault = self.rules.attend(person, held_on)
            assert self.codes(outcome) == ([fault] if fault else [])
            assert outcome.state == person.state(self.today)
            line = Listed(session.id, station, held_on, counted=not fault, by=worker)
            person.latest.lists.append(line)

    @rule(which=some, line=some, by=some)
    def take_an_induction_back(self, which, line, by):
        person = self.person(which, "active", "suspended", "applied")
        lines = [one for enrolment in person.enrolments for one in enrolment.lists]
        if not lines:
            return
        listed = pick(line, lines, [one for one in person.latest.lists if one.counted])
        right = [w for w in self.cast if w.serves(listed.station) and w is not listed.by
                 and w.role != "social_worker"]  # fmt: skip
        worker = pick(by, self.cast, right)
        action = induction_revocations.revoke_induction(
            self.call(worker.actor), listed.session_id, person.id, RevokeInduction(reason="测试")
        )
        answer = self.stage.ask(action)
        refusal = self.rules.refusal_of_revocation(person, listed, worker, self.today)
        if refusal:
            assert answer == refusal
        else:
            assert not isinstance(answer, str), answer
            self.rules.revoke(person, listed, self.today)

    # Hours.

    @rule(by=some, station=some, drawn=st.lists(lines, min_size=1, max_size=4),
          whole=st.sampled_from([False, False, True]))  # fmt: skip
    def record_a_sheet(self, by, station, drawn, whole):
        drafts = [self.draft(self.person(line.who, "active"), line) for line in drawn]
        where = self.station(station)
        self.record(self.worker(by, where), where, drafts, whole=whole)

    @rule(which=some, by=some, station=some, days=st.integers(0, 3),
          drawn=st.lists(lines, min_size=1, max_size=3))  # fmt: skip
    def record_several_stints_of_a_day(self, which, by, station, days, drawn):
        """Where windows meet and the day's measure fills."""
        person, where = self.person(which, "active"), self.station(station)
        for line in drawn:
            line.ago = days
            line.minutes = line.minutes % 241 or 240
        drafts = [self.draft(person, line) for line in drawn]
        self.record(self.worker(by, where), where, drafts)

    @rule(which=some, station=some, line=lines)
    def report_ones_own_hours(self, which, station, line):
        person = self.person(which, "active")
        line.evidence = "self"
        self.record(None, self.station(station), [self.draft(person, line)])

    @rule(which=some, star=st.integers(1, 2), offset=st.sampled_from([-1, 0, 0, 1]), by=some)
    def serve_up_to_a_star(self, which, star, offset, by):
        person, worker = self.person(which, "active"), self.worker(by)
        if person.star + star <= len(STARS):
            goal = STARS[person.star + star - 1] + offset
            drafts = self.days_of_service(person, goal - person.total)
            if drafts:
                self.record(worker, worker.station or self.station(by), drafts)

    def days_of_service(self, person, minutes):
        """Lines of up to eight hours on days that are free, going back from today."""
        drafts, day = [], self.today
        first = person.first_inducted_on() or self.today + DAY
        while day >= first and minutes > 0 and len(drafts) < SHEET_MAX:
            if person.was_active(day) and not person.minutes_of(day, []):
                served = min(minutes, DIRECT)
                drafts.append(Draft(person, "staff", day, served))
                minutes -= served
            day -= DAY
        return drafts

    def draft(self, person, line):
        """With `hour` the line has begin and end; no window is longer than a day."""
        draft = Draft(
            person, line.evidence, self.today - line.ago * DAY, line.minutes,
            excuse=line.excuse, reference=line.reference,
        )  # fmt: skip
        minutes = min(line.minutes, 24 * 60 - line.pause)
        if line.hour is not None and minutes > 0:
            midnight = datetime.combine(draft.day, time(), UTC) - SHANGHAI
            draft.begin = midnight + timedelta(hours=line.hour)
            draft.end = draft.begin + timedelta(minutes=minutes + line.pause)
            draft.minutes, draft.pause = minutes, line.pause
        return draft

    def record(self, worker, station, drafts, *, whole=False):
        """A sheet of the worker's, or (None) of the volunteer's own."""
        actor = worker.actor if worker else Self(drafts[0].person.id)
        sheet = Sheet(
            station_id=station.id, entries=[written(d) for d in drafts], all_or_nothing=whole
        )
        answer = self.stage.ask(service_records.record_service(self.call(actor), sheet))
        if worker and not worker.serves(station):
            assert answer == "forbidden"
            return
        verdicts: list[Stint | set[str]] = []
        for draft in drafts:
            pending = [one for one in verdicts if isinstance(one, Stint)]
            verdicts.append(self.rules.judge(draft, station, worker, self.now, pending))
        if whole and any(isinstance(one, set) for one in verdicts):
            assert answer == "sheet_refused"
            return
        for verdict, outcome in zip(verdicts, answer.outcomes, strict=True):
            if isinstance(verdict, set):
                assert outcome.outcome == "refused"
                assert set(self.codes(outcome)) == verdict
                continue
            said = (outcome.outcome, outcome.level, outcome.late, outcome.minutes)
            self.stage.seen[f"{outcome.outcome} {outcome.level} {outcome.why}"] += 1
            assert said == (verdict.state, verdict.level, verdict.late, verdict.minutes)
            verdict.id = outcome.record_id
            self.rules.record(verdict)

    # The second person.

    @precondition(lambda self: self.waiting())
    @rule(which=st.lists(some, min_size=1, max_size=3), by=some,
          approves=st.sampled_from([True, True, False]), why=st.booleans())  # fmt: skip
    def decide_what_waits(self, which, by, approves, why):
        waiting = self.waiting()
        items = list(dict.fromkeys(pick(one, waiting) for one in which))
        worker = self.worker(by, *(item.station for item in items))
        self.decide(items, worker, approves=approves, why=why)

    @precondition(lambda self: self.stints())
    @rule(which=some, by=some)
    def decide_something_again(self, which, by):
        item = pick(which, [*self.stints(), *self.raises])
        self.decide([item], self.worker(by), approves=True, why=True)

    def decide(self, items, worker, *, approves, why):
        decisions = [
            Decide(
                kind="record" if isinstance(item, Stint) else "correction",
                id=item.id,
                decision="approve" if approves else "reject",
                reason="测试" if why else "",
            )
            for item in items
        ]
        action = approvals.decide_waiting(self.call(worker.actor), Decisions(decisions=decisions))
        answer = self.stage.ask(action)
        for item, outcome in zip(items, answer.outcomes, strict=True):
            refusal = self.rules.refusal_of_decision(item, worker, why=why, rejects=not approves)
            assert self.codes(outcome) == ([refusal] if refusal else [])
            if refusal:
                continue
            assert outcome.outcome == ("approved" if approves else "rejected")
            if isinstance(item, Raise):
                item.stint.raising = None
                if approves:
                    self.rules.restate(item.stint, item.to, item.id)
            else:
                (self.rules.approve if approves else self.rules.reject)(item)

    @precondition(lambda self: self.stints())
    @rule(which=some, by=some,
          change=st.one_of(st.sampled_from([0, -1, 1, -60, 60]), st.integers(-720, 720)),
          wipes=st.sampled_from([False, False, False, True]))  # fmt: skip
    def correct(self, which, by, change, wipes):
        stints = self.stints()
        stint = pick(which, stints, [one for one in stints if one.state == "counted"])
        minutes = 0 if wipes else min(max(stint.standing + change, 0), 24 * 60)
        self.correct_to(stint, minutes, self.worker(by, stint.station))

    @precondition(lambda self: any(person.star for person in self.people))
    @rule(which=some, by=some, offset=st.sampled_from([-1, -1, 0, 1]))
    def correct_down_to_a_threshold(self, which, by, offset):
        person = pick(which, [one for one in self.people if one.star])
        excess = person.total - STARS[person.star - 1] - offset
        for stint in person.stints:
            if stint.state == "counted" and 0 < excess <= stint.standing:
                worker = self.worker(by, stint.station)
                self.correct_to(stint, stint.standing - excess, worker)
                return

    def correct_to(self, stint, minutes, worker):
        request = Correct(minutes=minutes, reason="核对签到表")
        action = corrections.correct_record(self.call(worker.actor), stint.id, request)
        answer = self.stage.ask(action)
        outcome, detail = self.rules.correction(stint, minutes, worker)
        if outcome == "refused":
            assert answer == detail
            return
        assert (answer.outcome, answer.level) == (outcome, detail)
        self.stage.seen[f"correction {outcome} {detail}"] += 1
        if outcome == "counted":
            self.rules.restate(stint, minutes, answer.correction_id)
        else:
            stint.raising = Raise(stint, minutes, detail, worker, answer.correction_id)
            self.raises.append(stint.raising)

    def stints(self):
        return [stint for person in self.people for stint in person.stints]

    def codes(self, outcome):
        found = [fault.code for fault in outcome.faults]
        self.stage.seen.update([outcome.outcome, *found])
        return found

    def waiting(self):
        records = [stint for stint in self.stints() if stint.state == "waiting"]
        return [*records, *(stint.raising for stint in self.stints() if stint.raising)]

    # The life of a volunteer, and time.

    @rule(which=some, by=some)
    def suspend(self, which, by):
        self.change(volunteers.suspend, self.rules.suspend, which, by, ["active"], REASON)

    @rule(which=some, by=some)
    def reinstate(self, which, by):
        self.change(volunteers.reinstate, self.rules.reinstate, which, by, ["suspended"])

    @rule(which=some, by=some, himself=st.booleans())
    def exit(self, which, by, himself):
        states = ["active", "suspended", "registered"]
        if not himself:
            self.change(volunteers.exit_volunteer, self.rules.exit, which, by, states, REASON)
            return
        person = self.person(which, "suspended", "registered")
        action = volunteers.exit_volunteer(self.call(Self(person.id)), person.id, REASON, None)
        answer = self.stage.ask(action)
        if person.state(self.today) in states:
            self.rules.exit(person, self.today)
            assert answer.state == "exited"
        else:
            assert answer == "state_forbids"

    def change(self, action, follow, which, by, states, *body):
        person = self.person(which, *states)
        worker = self.worker(by, person.home)
        answer = self.stage.ask(action(self.call(worker.actor), person.id, *body, None))
        if not worker.serves(person.home):
            assert answer == "forbidden"
        elif person.state(self.today) not in states:
            assert answer == "state_forbids"
        else:
            follow(person, self.today)
            assert answer.state == person.state(self.today)

    @precondition(lambda self: len(self.cast) < len(self.stage.cast) + 2)
    @rule(which=some, station=some)
    def hire(self, which, station):
        """A volunteer gets an account of staff: his own hours are nothing for him to enter."""
        person = pick(which, self.people)
        if person.account is None:
            person.account = self.stage.hire(person, self.station(station))
            self.cast.append(person.account)

    @rule(hours=st.sampled_from([1, 5, 13, 24, 24, 24 * 7, 24 * 31, 24 * 93, 24 * 181]))
    def time_passes(self, hours):
        self.now += timedelta(hours=hours)

    @rule()
    def announce_lapses(self):
        announced = self.stage.ask(housekeeping.announce_lapses(self.call(Anyone())))
        assert announced == self.rules.announce_lapses(self.people, self.today)

    @rule(by=some)
    def look_at_the_work_lists(self, by):
        worker = self.worker(by)
        action = approvals.waiting(self.call(worker.actor), station_id=None, after=None, limit=1000)
        seen = {item.id for item in self.stage.ask(action)}
        assert seen == {item.id for item in self.waiting() if worker.serves(item.station)}
        for state in STATES:
            expected = {p.id for p in self.people if p.state(self.today) == state}
            assert self.stage.searched(state, self.today) == expected, state

    @invariant()
    def the_books_are_those_of_the_model(self):
        self.stage.steps += 1
        books = self.stage.books()
        assert books.keys() == {person.id for person in self.people}
        states = self.stage.states(self.people, self.today)
        self.compare_events()
        for person in self.people:
            assert states[person.id] == person.state(self.today)
            self.stage.seen[states[person.id]] += 1
            assert books[person.id] == {
                "home": person.home.id, "total": person.total, "star": person.star,
                "version": person.version,
                "ledger_seq": person.entries, "entries": person.entries,
                "last_seq": person.entries, "ledger_sum": person.total, "ledger_sound": True,
                "stars_changed": person.star,
                "years": {f"{at} {year}": sum_ for (at, year), sum_ in person.years.items()},
                "records": {str(s.id): f"{s.state} {s.standing}" for s in person.stints},
            }  # fmt: skip

    def compare_events(self):
        """Of every volunteer exactly the events expected, in order, versions dense."""
        told = {f"volunteer/{person.id}": person for person in self.people}
        names = {}
        for event in self.stage.events_after(self.last_event):
            self.last_event = event["id"]
            person = told[event["subject"]]
            assert person.told, f"unexpected {event}"
            expected = person.told.pop(0)
            person.version += 1
            actual = event["data"] | {"name": event["name"]}
            assert {key: actual.get(key) for key in expected} == {
                key: msgspec.to_builtins(value) for key, value in expected.items()
            }
            assert event["subject_version"] == person.version
            assert actual["volunteer_id"] == str(person.id)
            names[str(event["event_id"])] = event["name"]
            self.stage.seen[event["name"]] += 1
            if event["name"].startswith("star."):
                assert names[event["causation_id"]].startswith("service.")
        assert not any(person.told for person in self.people), "an event is missing"


def pick(which, everything, mostly=()):
    """One of these: of every eight draws seven are from `mostly`, if there are any."""
    number, place = divmod(which, 8)
    pool = mostly if mostly and place else everything
    return pool[number % len(pool)]


def completed(given):
    """Which items are complete with these ticks: of a photo there is no original."""
    return {
        tick.item: tick.copy_received and (tick.original_seen or tick.item == "photo")
        for tick in given
    }


def written(draft):
    """The draft as a line that the service reads."""
    when = (
        {"started_at": draft.begin, "ended_at": draft.end, "break_minutes": draft.pause}
        if draft.begin
        else {"served_on": draft.day, "minutes": draft.minutes}
    )
    return SheetLine(
        volunteer_id=draft.person.id,
        evidence=draft.evidence,
        late_reason="补录" if draft.excuse else "",
        evidence_reference="台账第8页" if draft.reference else "",
        **when,
    )
