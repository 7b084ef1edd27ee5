"""What must come of a written year, worked out from the script alone.

Shares no code with the service: plain Python on the rules as they stand in the guideline. Whatever
the service says is compared with this.
"""

from typing import Any

from recompute import activities, certificates, honours, hours, lists, people, reports, rights
from recompute.book import Book
from recompute.days import day

_VERBS = {
    verb.__name__: verb
    for verb in (
        *activities.VERBS, *certificates.VERBS, *honours.VERBS, *hours.VERBS, *lists.VERBS,
        *people.VERBS, *reports.VERBS, *rights.VERBS,
    )
}  # fmt: skip


def expected(script: dict[str, Any]) -> dict[str, Any]:
    """What each step must answer, and how everything must stand in the end."""
    book, told = Book(script), {}
    for number, step in enumerate(script["steps"]):
        book.on, book.at = day(step["on"]), step.get("at", "12:00")
        answer = _VERBS[step["do"]](book, step)
        if answer is not None:
            told[f"{number} {step['do']} {step['on']}"] = answer
    waiting = {name for name, record in book.records.items() if record["state"] == "waiting"}
    return {
        "steps": told,
        "people": {name: people.stand(book, name) for name in script["people"]},
        "waiting": sorted(waiting | book.corrections.keys()),
        "complaints": rights.complaints(book),
        "objections": rights.objections(book),
        "certificates": certificates.register(book),
        "badges": certificates.badges(book),
    }
