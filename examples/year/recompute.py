"""What must come of a written year, worked out from the script alone.

Shares no code with the service: plain Python on the rules as they stand in the guideline. Whatever
the service says is compared with this.
"""

from calendar import monthrange
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from typing import Any

FOREVER = date.max
STAR_MINUTES = [6000, 12000, 18000, 24000, 30000]
DIRECT, MOST = 480, 720
WORKDAYS = 10
TOP = 10
SATURDAY = 5
OWED = {"community_activity": 5, "group_work": 5, "policy_publicity": 2}


def day(text: str) -> date:
    return date.fromisoformat(text)


def months_later(on: date, months: int) -> date:
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))


def stars(minutes: int) -> int:
    return sum(minutes >= threshold for threshold in STAR_MINUTES)


class Person:
    def __init__(self) -> None:
        self.registrations: list[dict[str, Any]] = []
        self.suspensions: list[list[date]] = []
        self.homes: list[tuple[date, str]] = []
        self.topics: dict[str, tuple[date, date]] = {}

    def home(self, on: date) -> str:
        return [station for since, station in self.homes if since <= on][-1]

    def is_member(self, on: date) -> bool:
        """At the end of that day; a suspended one is a member."""
        return any(r["inducted"] and r["inducted"] <= on < r["ended"] for r in self.registrations)

    def is_suspended(self, on: date) -> bool:
        return any(first <= on < last for first, last in self.suspensions)

    def may_serve(self, on: date) -> bool:
        """The day of induction and the day of leaving count."""
        within = any(
            r["inducted"] and r["inducted"] <= on <= r["ended"] for r in self.registrations
        )
        return within and not self.is_suspended(on)

    def state(self, on: date) -> str:
        last = self.registrations[-1]
        if last["ended"] <= on:
            return "exited"
        if last["inducted"] and last["inducted"] <= on:
            return "suspended" if self.is_suspended(on) else "active"
        if last["registered"] is None:
            return "applied"
        return "registered" if on <= last["due"] else "lapsed"


class Year:
    """Takes the steps one after the other; `told` is what each of them must answer."""

    def __init__(self, script: dict[str, Any]) -> None:
        self.script = script
        self.people: defaultdict[str, Person] = defaultdict(Person)
        self.records: dict[str, dict[str, Any]] = {}
        self.activities: dict[str, dict[str, Any]] = {}
        self.corrections: dict[str, int] = {}
        self.check_ins: dict[tuple[str, str], datetime] = {}
        self.awards: dict[str, list[str]] = defaultdict(list)
        self.complaints: dict[str, str] = {}
        self.objections: dict[str, str] = {}
        self.promotions: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
        self.totals: Counter[str] = Counter()
        self.worked = {day(d): w for table in script["holidays"].values() for d, w in table.items()}
        self.told: dict[str, Any] = {}
        self.on = date.min

    def run(self) -> dict[str, Any]:
        for number, step in enumerate(self.script["steps"]):
            self.on, self.at = day(step["on"]), step.get("at", "12:00")
            answer = getattr(self, step["do"])(step)
            if answer is not None:
                self.told[f"{number} {step['do']} {step['on']}"] = answer
        people = {}
        for name in self.script["people"]:
            person = self.people[name]
            people[name] = {
                "state": person.state(self.on),
                "station": person.home(self.on),
                "minutes": self.totals[name],
                "star": stars(self.totals[name]),
                "promotions": self.promotions[name],
                "awards": sorted(self.awards[name]),
            }
        waiting = sorted(n for n, r in self.records.items() if r["state"] == "waiting")
        return {
            "steps": self.told,
            "people": people,
            "waiting": waiting,
            "complaints": self.complaints,
            "objections": self.objections,
        }

    # people

    def apply(self, step: dict[str, Any]) -> None:
        person = self.people[step["person"]]
        person.registrations.append(
            {"station": step["station"], "applied": self.on, "registered": None, "due": None,
             "inducted": None, "ended": FOREVER}
        )  # fmt: skip
        if not person.homes:
            person.homes.append((date.min, step["station"]))

    def materials(self, step: dict[str, Any]) -> None:
        last = self.people[step["person"]].registrations[-1]
        last["registered"], last["due"] = self.on, months_later(self.on, 3)

    def enrol(self, step: dict[str, Any]) -> None:
        self.apply(step)
        self.materials(step)
        person = self.people[step["person"]]
        if person.home(self.on) != step["station"]:
            person.homes.append((self.on, step["station"]))

    def induct(self, step: dict[str, Any]) -> dict[str, str]:
        held, told = day(step.get("held_on", step["on"])), {}
        for name in step["people"]:
            last = self.people[name].registrations[-1]
            if last["registered"] and held <= last["due"]:
                last["inducted"] = max(held, last["registered"])
            told[name] = self.people[name].state(self.on)
        return told

    def suspend(self, step: dict[str, Any]) -> None:
        self.people[step["person"]].suspensions.append([self.on, FOREVER])

    def reinstate(self, step: dict[str, Any]) -> None:
        self.people[step["person"]].suspensions[-1][1] = self.on

    def transfer(self, step: dict[str, Any]) -> None:
        self.people[step["person"]].homes.append((self.on, step["station"]))

    def exit(self, step: dict[str, Any]) -> None:
        self.people[step["person"]].registrations[-1]["ended"] = self.on

    # training and activities

    def topic(self, step: dict[str, Any]) -> None:
        self.validity = {**getattr(self, "validity", {}), step["topic"]: step["months"]}

    def train(self, step: dict[str, Any]) -> None:
        until = months_later(self.on, self.validity[step["topic"]])
        for name in step["people"]:
            self.people[name].topics[step["topic"]] = (self.on, until)

    def activity(self, step: dict[str, Any]) -> None:
        self.activities[step["activity"]] = step | {"places": [], "queue": []}

    def _may_come(self, name: str, activity: dict[str, Any]) -> bool:
        person, held = self.people[name], day(activity["held_on"])
        topics = [person.topics.get(topic, (FOREVER, date.min)) for topic in activity["topics"]]
        return (
            person.may_serve(self.on) and person.may_serve(held)
            and all(since <= held <= until for since, until in topics)
        )  # fmt: skip

    def sign_up(self, step: dict[str, Any]) -> dict[str, str]:
        activity, told = self.activities[step["activity"]], {}
        for name in step["people"]:
            if not self._may_come(name, activity):
                told[name] = "refused"
            elif len(activity["places"]) < activity["capacity"]:
                activity["places"].append(name)
                told[name] = "confirmed"
            else:
                activity["queue"].append(name)
                told[name] = "waiting"
        return told

    def withdraw(self, step: dict[str, Any]) -> list[str]:
        """Who has a place now: the first who waits moved up."""
        activity = self.activities[step["activity"]]
        activity["places"].remove(step["person"])
        if activity["queue"]:
            activity["places"].append(activity["queue"].pop(0))
        return sorted(activity["places"])

    def check_in(self, step: dict[str, Any]) -> None:
        for name in step["people"]:
            self.check_ins[step["activity"], name] = datetime.fromisoformat(f"{self.on}T{self.at}")

    def check_out(self, step: dict[str, Any]) -> dict[str, str]:
        activity, told = self.activities[step["activity"]], {}
        for name in step["people"]:
            came = self.check_ins[step["activity"], name]
            left = datetime.fromisoformat(f"{self.on}T{self.at}")
            entry = {
                "name": f"{step['activity']}-{name}", "person": name, "on": str(self.on),
                "minutes": int((left - came).total_seconds()) // 60, "kind": activity["kind"],
                "activity": step["activity"], "evidence": "timed",
            }  # fmt: skip
            told[name] = self._enter(entry, activity["station"])
        return told

    # hours

    def _late(self, served: date) -> bool:
        left, last = WORKDAYS, served
        while left:
            last += timedelta(days=1)
            left -= self.worked.get(last, last.weekday() < SATURDAY)
        return self.on > last

    def _enter(self, entry: dict[str, Any], station: str) -> str:
        served, person = day(entry["on"]), self.people[entry["person"]]
        evidence = entry.get("evidence", "staff")
        late = self._late(served)
        activity = self.activities.get(entry.get("activity", ""))
        faults = (
            not person.may_serve(served) and evidence != "historical",
            served > self.on or self._ends(entry) > datetime.fromisoformat(f"{self.on}T{self.at}"),
            late and evidence != "timed" and not entry.get("reason"),
            activity is not None and evidence != "timed" and not self._trained(person, activity),
        )
        if any(faults):
            return "refused"
        before = sum(
            r["minutes"]
            for r in self.records.values()
            if r["person"] == entry["person"] and r["on"] == served
            and r["state"] in ("counted", "waiting")
        )  # fmt: skip
        waits = evidence in ("self", "historical") or before + entry["minutes"] > DIRECT
        self.records[entry["name"]] = {
            "person": entry["person"], "station": station, "on": served, "late": late,
            "minutes": entry["minutes"], "kind": entry.get("kind"), "evidence": evidence,
            "activity": entry.get("activity"), "state": "waiting" if waits else "counted",
        }  # fmt: skip
        if not waits:
            self._post(entry["person"], entry["minutes"])
        return "waiting" if waits else "counted"

    def _ends(self, entry: dict[str, Any]) -> datetime:
        if "start" not in entry:
            return datetime.fromisoformat(entry["on"])
        start = datetime.fromisoformat(f"{entry['on']}T{entry['start']}")
        return start + timedelta(minutes=entry["minutes"])

    def _trained(self, person: Person, activity: dict[str, Any]) -> bool:
        held = day(activity["held_on"])
        known = [person.topics.get(topic, (FOREVER, date.min)) for topic in activity["topics"]]
        return all(since <= held <= until for since, until in known)

    def _post(self, name: str, minutes: int) -> None:
        before = stars(self.totals[name])
        self.totals[name] += minutes
        after = stars(self.totals[name])
        step = 1 if after > before else -1
        for star in range(before, after, step):
            self.promotions[name].append((star, star + step, str(self.on)))

    def sheet(self, step: dict[str, Any]) -> dict[str, str]:
        return {e["name"]: self._enter(e, step["station"]) for e in step["entries"]}

    def bring_in(self, step: dict[str, Any]) -> dict[str, str]:
        rows = [row | {"reason": "paper"} for row in step["entries"]]
        return {row["name"]: self._enter(row, row["station"]) for row in rows}

    def report_hours(self, step: dict[str, Any]) -> str:
        return self._enter(step["entry"] | {"evidence": "self"}, step["station"])

    def approve(self, step: dict[str, Any]) -> None:
        for name in step["records"]:
            record = self.records[name]
            if name in self.corrections:
                self._post(record["person"], self.corrections[name] - record["minutes"])
                record["minutes"] = self.corrections.pop(name)
            else:
                record["state"] = "counted"
                self._post(record["person"], record["minutes"])

    def reject(self, step: dict[str, Any]) -> None:
        for name in step["records"]:
            self.records[name]["state"] = "rejected"

    def correct(self, step: dict[str, Any]) -> str:
        """More than was counted waits for a second person."""
        record = self.records[step["record"]]
        if step["minutes"] > record["minutes"]:
            self.corrections[step["record"]] = step["minutes"]
            return "waiting"
        self._post(record["person"], step["minutes"] - record["minutes"])
        record["minutes"] = step["minutes"]
        return "counted"

    def take_back(self, step: dict[str, Any]) -> None:
        """A whole sheet: what counted is reversed, what waits is rejected."""
        for name in step["records"]:
            record = self.records[name]
            if record["state"] == "counted":
                self._post(record["person"], -record["minutes"])
            record["state"] = "reversed"

    # rights, honours

    def objection(self, step: dict[str, Any]) -> None:
        self.objections[step["record"]] = "open"

    def answer(self, step: dict[str, Any]) -> None:
        self.objections[step["record"]] = step["outcome"]

    def complain(self, step: dict[str, Any]) -> None:
        self.complaints[step["complaint"]] = "open"

    def close(self, step: dict[str, Any]) -> None:
        self.complaints[step["complaint"]] = step["outcome"]

    def appoint(self, _: dict[str, Any]) -> None:
        """A position changes no figure."""

    def award(self, step: dict[str, Any]) -> None:
        self.awards[step["person"]].append(step["honour"])

    def revoke(self, step: dict[str, Any]) -> None:
        self.awards[step["person"]].remove(step["honour"])

    # lists and reports

    def _list(self, step: dict[str, Any]) -> list[list[Any]]:
        year, station = step["year"], step.get("station")
        minutes: Counter[str] = Counter()
        for record in self.records.values():
            here = station in (None, record["station"]) and record["on"].year == year
            if here and record["state"] == "counted":
                minutes[record["person"]] += record["minutes"]
        until = min(date(year, 12, 31), self.on)
        there = {
            name: n for name, n in minutes.items()
            if n > 0 and self.people[name].is_member(until)
            and not self.people[name].is_suspended(until)
        }  # fmt: skip
        ranked = [
            [name, 1 + sum(other > n for other in there.values()), n] for name, n in there.items()
        ]
        return sorted(row for row in ranked if row[1] <= TOP)

    def read_list(self, step: dict[str, Any]) -> list[list[Any]]:
        return self._list(step)

    def publish(self, step: dict[str, Any]) -> list[list[Any]]:
        return self._list(step)

    def report(self, step: dict[str, Any]) -> dict[str, Any]:
        station = step.get("station")
        first, last = day(step["from_on"]), min(day(step["until_on"]), self.on)
        moves = self._moves(station, first, last)
        in_range = [
            r for r in self.records.values()
            if first <= r["on"] <= last and station in (None, r["station"])
        ]  # fmt: skip
        counted = [r for r in in_range if r["state"] == "counted"]
        waiting = [r for r in in_range if r["state"] == "waiting"]
        registrations = [
            r for p in self.people.values() for r in p.registrations
            if station in (None, r["station"])
        ]  # fmt: skip
        members = [
            p for p in self.people.values()
            if p.is_member(last) and station in (None, p.home(last))
        ]  # fmt: skip
        day_before = first - timedelta(days=1)
        suspended = sum(p.is_suspended(last) for p in members)
        hours: dict[str, list[int]] = {}
        for record in counted:
            form = self.activities[record["activity"]]["form"] if record["activity"] else "-"
            cell = hours.setdefault(f"{record['kind'] or '-'}/{form}", [0, 0])
            cell[0] += 1
            cell[1] += record["minutes"]
        return {
            "members": moves | {
                "opening": sum(
                    p.is_member(day_before) and station in (None, p.home(day_before))
                    for p in self.people.values() if p.registrations
                ),
                "closing": len(members), "active": len(members) - suspended,
                "suspended": suspended,
            },
            "registrations": {
                "applied": sum(first <= r["applied"] <= last for r in registrations),
                "registered": sum(
                    r["registered"] is not None and first <= r["registered"] <= last
                    for r in registrations
                ),
                "lapsed": sum(
                    r["registered"] is not None and not r["inducted"]
                    and first <= r["due"] + timedelta(days=1) <= last for r in registrations
                ),
            },
            "service": {
                "records": len(counted), "minutes": sum(r["minutes"] for r in counted),
                "volunteers": len({r["person"] for r in counted if r["minutes"]}),
                "on_time": sum(not r["late"] for r in counted),
                "late": sum(r["late"] for r in counted),
                "waiting": {"records": len(waiting), "minutes": sum(r["minutes"] for r in waiting)},
            },
            "hours": dict(sorted(hours.items())),
            "activities": self._held(station, first, last),
            "months": self._months(station, first, last, counted),
        }  # fmt: skip

    def _held(self, station: str | None, first: date, last: date) -> dict[str, list[Any]]:
        """By form: how many there were, at how many hours were counted, and how many are owed."""
        found: dict[str, list[Any]] = {form: [0, 0, owed] for form, owed in OWED.items()}
        for name, activity in self.activities.items():
            if station in (None, activity["station"]) and first <= day(activity["held_on"]) <= last:
                counts = found.setdefault(activity["form"], [0, 0, None])
                counts[0] += 1
                counts[1] += any(
                    r["activity"] == name and r["state"] == "counted" and r["minutes"]
                    for r in self.records.values()
                )  # fmt: skip
        return found

    def _moves(self, station: str | None, first: date, last: date) -> dict[str, int]:
        """Who came and went, day by day: what somebody is in the evening, and was the evening
        before."""
        found = Counter({"new": 0, "returned": 0, "moved_in": 0, "exited": 0, "moved_out": 0})
        on = first
        while on <= last:
            for name in self._moved(station, on):
                found[name] += 1
            on += timedelta(days=1)
        return dict(found)

    def _moved(self, station: str | None, on: date) -> list[str]:
        before, moves = on - timedelta(days=1), []
        for person in self.people.values():
            if not person.registrations:
                continue
            was = person.home(before) if person.is_member(before) else None
            now = person.home(on) if person.is_member(on) else None
            ever = any(r["inducted"] and r["inducted"] < on for r in person.registrations)
            if was is None and now is not None and station in (None, now):
                moves.append("returned" if ever else "new")
            elif was is not None and now is None and station in (None, was):
                moves.append("exited")
            elif was != now:
                moves += ["moved_in"] * (station in (None, now))
                moves += ["moved_out"] * (station in (None, was))
        return moves

    def _months(
        self, station: str | None, first: date, last: date, counted: list[dict[str, Any]]
    ) -> dict[str, list[int]]:
        months: dict[str, list[int]] = {}
        on = first
        while on <= last:
            here = months.setdefault(f"{on:%Y-%m}", [0, 0])
            here[0] = sum(
                p.is_member(on) and station in (None, p.home(on))
                for p in self.people.values() if p.registrations
            )  # fmt: skip
            here[1] += sum(r["minutes"] for r in counted if r["on"] == on)
            on += timedelta(days=1)
        return months


def expected(script: dict[str, Any]) -> dict[str, Any]:
    """What each step must answer, and how everything must stand in the end."""
    return Year(script).run()
