"""The annual lists: the ten with the most hours, as published and as they would be now."""

from collections import Counter
from datetime import date
from typing import Any

from recompute.book import Book

_TOP = 10


def publish(book: Book, step: dict[str, Any]) -> dict[str, Any]:
    key, without = (step["year"], step.get("station")), step.get("without", [])
    version = step.get("replaces", 0) + 1
    book.published[key] = {
        "version": version, "places": _places(book, *key, without), "without": without
    }  # fmt: skip
    return read_list(book, step)


def read_list(book: Book, step: dict[str, Any]) -> dict[str, Any]:
    """What was published stays; it is flagged when it would come out otherwise now."""
    key = step["year"], step.get("station")
    issue = book.published.get(key)
    now = _places(book, *key, issue["without"] if issue else [])
    if issue is None:
        return {"version": None, "outdated": False, "places": now}
    return {"version": issue["version"], "outdated": now != issue["places"],
            "places": issue["places"]}  # fmt: skip


def _places(book: Book, year: int, station: str | None, without: list[str]) -> list[list[Any]]:
    minutes: Counter[str] = Counter()
    for record in book.records.values():
        here = station in (None, record["station"]) and record["on"].year == year
        if here and record["state"] == "counted":
            minutes[record["person"]] += record["minutes"]
    until = min(date(year, 12, 31), book.on)
    there = {
        name: n for name, n in minutes.items()
        if n > 0 and name not in without and book.people[name].is_member(until)
        and not book.people[name].is_suspended(until)
    }  # fmt: skip
    ranked = [
        [name, 1 + sum(other > n for other in there.values()), n] for name, n in there.items()
    ]
    return sorted(row for row in ranked if row[1] <= _TOP)


VERBS = (read_list, publish)
