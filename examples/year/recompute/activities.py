"""Trainings and activities, and who comes to them."""

from datetime import datetime
from typing import Any

from recompute.book import Book
from recompute.days import day, months_later
from recompute.hours import enter


def topic(book: Book, step: dict[str, Any]) -> None:
    book.months_valid[step["topic"]] = step["months"]


def train(book: Book, step: dict[str, Any]) -> None:
    until = months_later(book.on, book.months_valid[step["topic"]])
    for name in step["people"]:
        book.people[name].topics[step["topic"]] = (book.on, until)


def activity(book: Book, step: dict[str, Any]) -> None:
    book.activities[step["activity"]] = step | {"places": [], "queue": []}


def sign_up(book: Book, step: dict[str, Any]) -> dict[str, str]:
    planned, told = book.activities[step["activity"]], {}
    for name in step["people"]:
        if not _may_come(book, name, planned):
            told[name] = "refused"
        elif len(planned["places"]) < planned["capacity"]:
            planned["places"].append(name)
            told[name] = "confirmed"
        else:
            planned["queue"].append(name)
            told[name] = "waiting"
    return told


def _may_come(book: Book, name: str, planned: dict[str, Any]) -> bool:
    person, held = book.people[name], day(planned["held_on"])
    active = person.may_serve(book.on) and person.may_serve(held)
    return active and person.is_trained(planned["topics"], held)


def withdraw(book: Book, step: dict[str, Any]) -> list[str]:
    """Who has a place now: the first who waits moved up."""
    planned = book.activities[step["activity"]]
    planned["places"].remove(step["person"])
    if planned["queue"]:
        planned["places"].append(planned["queue"].pop(0))
    return sorted(planned["places"])


def check_in(book: Book, step: dict[str, Any]) -> None:
    for name in step["people"]:
        book.check_ins[step["activity"], name] = book.now


def check_out(book: Book, step: dict[str, Any]) -> dict[str, str]:
    planned, told = book.activities[step["activity"]], {}
    for name in step["people"]:
        came: datetime = book.check_ins[step["activity"], name]
        entry = {
            "name": f"{step['activity']}-{name}", "person": name, "on": str(book.on),
            "minutes": int((book.now - came).total_seconds()) // 60, "kind": planned["kind"],
            "activity": step["activity"], "evidence": "timed",
        }  # fmt: skip
        told[name] = enter(book, entry, planned["station"])
    return told


VERBS = (topic, train, activity, sign_up, withdraw, check_in, check_out)
