"""Objections and complaints, each with its clock of three working days."""

from datetime import date
from typing import Any

from recompute.book import Book

_WORKDAYS = 3


def objection(book: Book, step: dict[str, Any]) -> None:
    book.objections[step["record"]] = {
        "outcome": None, "due_on": book.workdays.later(book.on, _WORKDAYS)
    }  # fmt: skip


def answer(book: Book, step: dict[str, Any]) -> None:
    book.objections[step["record"]]["outcome"] = step["outcome"]


def complain(book: Book, step: dict[str, Any]) -> None:
    book.complaints[step["complaint"]] = {
        "outcome": None, "heard_on": None, "due_on": book.workdays.later(book.on, _WORKDAYS)
    }  # fmt: skip


def close(book: Book, step: dict[str, Any]) -> None:
    """Who complained was heard on that day, too."""
    book.complaints[step["complaint"]] |= {"outcome": step["outcome"], "heard_on": book.on}


def objections(book: Book) -> dict[str, Any]:
    """One that was answered is no longer late."""
    return {
        name: [one["outcome"], str(one["due_on"]), not one["outcome"] and book.on > one["due_on"]]
        for name, one in book.objections.items()
    }


def complaints(book: Book) -> dict[str, Any]:
    """Whoever was heard too late, or is not heard yet, was kept waiting."""
    told = {}
    for name, one in book.complaints.items():
        heard: date | None = one["heard_on"]
        overdue = (heard or book.on) > one["due_on"]
        told[name] = [one["outcome"], heard and str(heard), str(one["due_on"]), overdue]
    return told


VERBS = (objection, answer, complain, close)
