"""Reports of any range of days, worked out from who was what on each of them."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from recompute.book import Book
from recompute.days import day

_OWED = {"community_activity": 5, "group_work": 5, "policy_publicity": 2}


def report(book: Book, step: dict[str, Any]) -> dict[str, Any]:
    """A range that is not over ends today."""
    station = step.get("station")
    first, last = day(step["from_on"]), min(day(step["until_on"]), book.on)
    in_range = [
        r for r in book.records.values()
        if first <= r["on"] <= last and station in (None, r["station"])
    ]  # fmt: skip
    counted = [r for r in in_range if r["state"] == "counted"]
    waiting = [r for r in in_range if r["state"] == "waiting"]
    return {
        "members": _members(book, station, first, last),
        "registrations": _registrations(book, station, first, last),
        "service": _service(counted, waiting),
        "certificates": sum(
            str(first) <= one["issued_on"] <= str(last) and station in (None, one["station"])
            for one in book.certificates
        ),
        "evidence": _added(counted, lambda record: record["evidence"]),
        "hours": _added(counted, lambda record: f"{record['kind'] or '-'}/{_form(book, record)}"),
        "activities": _held(book, station, first, last),
        "months": _months(book, station, first, last, counted),
    }  # fmt: skip


def _members(book: Book, station: str | None, first: date, last: date) -> dict[str, int]:
    there = [
        p for p in book.people.values() if p.is_member(last) and station in (None, p.home(last))
    ]
    before = first - timedelta(days=1)
    suspended = sum(p.is_suspended(last) for p in there)
    return _moves(book, station, first, last) | {
        "opening": sum(
            p.is_member(before) and station in (None, p.home(before))
            for p in book.people.values() if p.registrations
        ),
        "closing": len(there), "active": len(there) - suspended, "suspended": suspended,
    }  # fmt: skip


def _registrations(book: Book, station: str | None, first: date, last: date) -> dict[str, int]:
    found = [
        r for p in book.people.values() for r in p.registrations
        if station in (None, r["station"])
    ]  # fmt: skip
    complete = [r for r in found if r["registered"]]
    return {
        "applied": sum(first <= r["applied"] <= last for r in found),
        "registered": sum(first <= r["registered"] <= last for r in complete),
        "lapsed": sum(
            not r["inducted"] and first <= r["due"] + timedelta(days=1) <= last for r in complete
        ),
    }


def _service(counted: list[dict[str, Any]], waiting: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "records": len(counted), "minutes": sum(r["minutes"] for r in counted),
        "volunteers": len({r["person"] for r in counted if r["minutes"]}),
        "on_time": sum(not r["late"] for r in counted),
        "late": sum(r["late"] for r in counted),
        "waiting": {"records": len(waiting), "minutes": sum(r["minutes"] for r in waiting)},
    }  # fmt: skip


def _form(book: Book, record: dict[str, Any]) -> str:
    return str(book.activities[record["activity"]]["form"]) if record["activity"] else "-"


def _added(
    counted: list[dict[str, Any]], cell: Callable[[dict[str, Any]], str]
) -> dict[str, list[int]]:
    """Records and minutes by what `cell` tells them apart by."""
    found: dict[str, list[int]] = {}
    for record in counted:
        sums = found.setdefault(cell(record), [0, 0])
        sums[0] += 1
        sums[1] += record["minutes"]
    return dict(sorted(found.items()))


def _held(book: Book, station: str | None, first: date, last: date) -> dict[str, list[Any]]:
    """By form: how many there were, at how many hours were counted, and how many are owed."""
    found: dict[str, list[Any]] = {form: [0, 0, owed] for form, owed in _OWED.items()}
    for name, activity in book.activities.items():
        if station in (None, activity["station"]) and first <= day(activity["held_on"]) <= last:
            counts = found.setdefault(activity["form"], [0, 0, None])
            counts[0] += 1
            counts[1] += any(
                r["activity"] == name and r["state"] == "counted" and r["minutes"]
                for r in book.records.values()
            )  # fmt: skip
    return found


def _moves(book: Book, station: str | None, first: date, last: date) -> dict[str, int]:
    """Who came and went, day by day: what somebody is in the evening, and was the evening
    before."""
    found = Counter({"new": 0, "returned": 0, "moved_in": 0, "exited": 0, "moved_out": 0})
    on = first
    while on <= last:
        for name in _moved(book, station, on):
            found[name] += 1
        on += timedelta(days=1)
    return dict(found)


def _moved(book: Book, station: str | None, on: date) -> list[str]:
    before, moves = on - timedelta(days=1), []
    for person in book.people.values():
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
    book: Book, station: str | None, first: date, last: date, counted: list[dict[str, Any]]
) -> dict[str, list[int]]:
    months: dict[str, list[int]] = {}
    on = first
    while on <= last:
        here = months.setdefault(f"{on:%Y-%m}", [0, 0])
        here[0] = sum(
            p.is_member(on) and station in (None, p.home(on))
            for p in book.people.values() if p.registrations
        )  # fmt: skip
        here[1] += sum(r["minutes"] for r in counted if r["on"] == on)
        on += timedelta(days=1)
    return months


VERBS = (report,)
