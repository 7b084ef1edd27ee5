"""All that is known on a day of the written year, and what minutes do: totals, stars, papers."""

from collections import Counter, defaultdict
from datetime import date, datetime
from typing import Any

from recompute.days import Workdays
from recompute.person import Person

_STAR_MINUTES = [6000, 12000, 18000, 24000, 30000]


def stars(minutes: int) -> int:
    return sum(minutes >= threshold for threshold in _STAR_MINUTES)


class Book:
    """`on`, `at`: the day and time of the step; `people` by the script's names, as all else."""

    def __init__(self, script: dict[str, Any]) -> None:
        self.script = script
        self.workdays = Workdays(script["holidays"])
        self.people: defaultdict[str, Person] = defaultdict(Person)
        self.members: list[str] = []
        self.months_valid: dict[str, int] = {}
        self.activities: dict[str, dict[str, Any]] = {}
        self.check_ins: dict[tuple[str, str], datetime] = {}
        self.records: dict[str, dict[str, Any]] = {}
        self.corrections: dict[str, int] = {}
        self.totals: Counter[str] = Counter()
        self.promotions: defaultdict[str, list[tuple[int, int, str]]] = defaultdict(list)
        self.objections: dict[str, dict[str, Any]] = {}
        self.complaints: dict[str, dict[str, Any]] = {}
        self.published: dict[tuple[int, str | None], dict[str, Any]] = {}
        self.certificates: list[dict[str, Any]] = []
        self.badges: dict[str, dict[str, Any]] = {}
        self.on, self.at = date.min, ""

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(f"{self.on}T{self.at}")

    def post(self, name: str, minutes: int) -> None:
        """Each star that is won or lost is a change of its own; what states a lost one ends."""
        before = stars(self.totals[name])
        self.totals[name] += minutes
        after = stars(self.totals[name])
        step = 1 if after > before else -1
        for star in range(before, after, step):
            self.promotions[name].append((star, star + step, str(self.on)))
        for star in range(after + 1, before + 1):
            self.end("star_lost", of=name, star=star)
            for badge in self.badges.values():
                badge["lost"] |= (badge["of"], badge["star"]) == (name, star)

    def correct(self, record: dict[str, Any], minutes: int) -> None:
        """What certificates state of that day at that station is no longer true."""
        for one in self.certificates:
            if one["star"] is None and one["from"] <= record["on"] <= one["to"]:
                self.end(
                    "corrected",
                    of=record["person"],
                    station=record["station"],
                    number=one["number"],
                )
        self.post(record["person"], minutes)

    def end(self, because: str, **which: Any) -> None:
        """Valid certificates of which all of this is so."""
        for one in self.certificates:
            if one["state"] == "valid" and all(one[key] == value for key, value in which.items()):
                one |= {"state": "superseded", "because": because, "ended_on": str(self.on)}
