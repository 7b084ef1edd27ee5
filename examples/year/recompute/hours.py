"""Hours: entered, reported, approved, corrected, taken back."""

from datetime import datetime, timedelta
from typing import Any

from recompute.book import Book
from recompute.days import day

_DIRECT_MINUTES = 480
_ENTRY_WORKDAYS = 10


def enter(book: Book, entry: dict[str, Any], station: str) -> str:
    """What becomes of an entry: counted, waiting or refused."""
    served, person = day(entry["on"]), book.people[entry["person"]]
    evidence = entry.get("evidence", "staff")
    late = book.on > book.workdays.later(served, _ENTRY_WORKDAYS)
    planned = book.activities.get(entry.get("activity", ""))
    trained = planned is None or person.is_trained(planned["topics"], day(planned["held_on"]))
    faults = (
        not person.may_serve(served) and evidence != "historical",
        served > book.on or _ends(entry) > book.now,
        late and evidence != "timed" and not entry.get("reason"),
        evidence != "timed" and not trained,
    )
    if any(faults):
        return "refused"
    before = sum(
        r["minutes"] for r in book.records.values()
        if r["person"] == entry["person"] and r["on"] == served
        and r["state"] in ("counted", "waiting")
    )  # fmt: skip
    waits = evidence in ("self", "historical") or before + entry["minutes"] > _DIRECT_MINUTES
    book.records[entry["name"]] = {
        "person": entry["person"], "station": station, "on": served, "late": late,
        "minutes": entry["minutes"], "kind": entry.get("kind"), "evidence": evidence,
        "activity": entry.get("activity"), "state": "waiting" if waits else "counted",
    }  # fmt: skip
    if not waits:
        book.post(entry["person"], entry["minutes"])
    return "waiting" if waits else "counted"


def _ends(entry: dict[str, Any]) -> datetime:
    if "start" not in entry:
        return datetime.fromisoformat(entry["on"])
    start = datetime.fromisoformat(f"{entry['on']}T{entry['start']}")
    return start + timedelta(minutes=entry["minutes"])


def sheet(book: Book, step: dict[str, Any]) -> dict[str, str]:
    told = {one["name"]: enter(book, one, step["station"]) for one in step["entries"]}
    for name in told.keys() & book.records.keys():
        book.records[name]["sheet"] = step.get("sheet")
    return told


def bring_in(book: Book, step: dict[str, Any]) -> dict[str, str]:
    rows = [row | {"reason": "paper"} for row in step["entries"]]
    return {row["name"]: enter(book, row, row["station"]) for row in rows}


def report_hours(book: Book, step: dict[str, Any]) -> str:
    return enter(book, step["entry"] | {"evidence": "self"}, step["station"])


def approve(book: Book, step: dict[str, Any]) -> None:
    for name in step["records"]:
        record = book.records[name]
        if name in book.corrections:
            _change(book, record, book.corrections.pop(name))
        else:
            record["state"] = "counted"
            book.post(record["person"], record["minutes"])


def reject(book: Book, step: dict[str, Any]) -> None:
    for name in step["records"]:
        book.records[name]["state"] = "rejected"


def correct(book: Book, step: dict[str, Any]) -> str:
    """More than was counted waits for a second person."""
    record = book.records[step["record"]]
    if step["minutes"] > record["minutes"]:
        book.corrections[step["record"]] = step["minutes"]
        return "waiting"
    _change(book, record, step["minutes"])
    return "counted"


def _change(book: Book, record: dict[str, Any], minutes: int) -> None:
    book.correct(record, minutes - record["minutes"])
    record["minutes"] = minutes


def take_back(book: Book, step: dict[str, Any]) -> None:
    """A whole sheet: what counted is reversed, what waits is rejected."""
    for record in book.records.values():
        if record.get("sheet") == step["sheet"]:
            if record["state"] == "counted":
                book.correct(record, -record["minutes"])
            record["state"] = "reversed"


VERBS = (sheet, bring_in, report_hours, approve, reject, correct, take_back)
