"""People: they apply, are inducted, move, pause and leave; and how somebody stands."""

from typing import Any

from recompute.book import Book, stars
from recompute.days import FOREVER, day, months_later


def apply(book: Book, step: dict[str, Any]) -> None:
    person = book.people[step["person"]]
    person.registrations.append(
        {"station": step["station"], "applied": book.on, "registered": None, "due": None,
         "inducted": None, "ended": FOREVER}
    )  # fmt: skip
    if not person.homes:
        person.homes.append((day("0001-01-01"), step["station"]))


def materials(book: Book, step: dict[str, Any]) -> None:
    """Who is complete for the first time gets the next member number."""
    last = book.people[step["person"]].registrations[-1]
    last["registered"], last["due"] = book.on, months_later(book.on, 3)
    if step["person"] not in book.members:
        book.members.append(step["person"])


def enrol(book: Book, step: dict[str, Any]) -> None:
    apply(book, step)
    materials(book, step)
    person = book.people[step["person"]]
    if person.home(book.on) != step["station"]:
        person.homes.append((book.on, step["station"]))


def induct(book: Book, step: dict[str, Any]) -> dict[str, str]:
    held, told = day(step.get("held_on", step["on"])), {}
    for name in step["people"]:
        last = book.people[name].registrations[-1]
        if last["registered"] and held <= last["due"]:
            last["inducted"] = max(held, last["registered"])
        told[name] = book.people[name].state(book.on)
    return told


def suspend(book: Book, step: dict[str, Any]) -> None:
    book.people[step["person"]].suspensions.append([book.on, FOREVER])


def reinstate(book: Book, step: dict[str, Any]) -> None:
    book.people[step["person"]].suspensions[-1][1] = book.on


def transfer(book: Book, step: dict[str, Any]) -> None:
    person = book.people[step["person"]]
    person.homes.append((book.on, step["station"]))
    person.position = "member"


def leave(book: Book, step: dict[str, Any]) -> None:
    person = book.people[step["person"]]
    person.registrations[-1]["ended"] = book.on
    person.position = "member"


def stand(book: Book, name: str) -> dict[str, Any]:
    """How somebody stands now."""
    person = book.people[name]
    return {
        "state": person.state(book.on),
        "station": person.home(book.on),
        "minutes": book.totals[name],
        "star": stars(book.totals[name]),
        "promotions": book.promotions[name],
        "awards": sorted(person.awards),
        "position": person.position,
    }


VERBS = (apply, materials, enrol, induct, suspend, reinstate, transfer, leave)
