"""Certificates and badges: what they state, their numbers, and what ended them."""

from typing import Any

from recompute.book import Book, stars
from recompute.days import day

_KEY = ("of", "station", "star", "from", "to")
"""Of these only one is valid at a time."""


def certify(book: Book, step: dict[str, Any]) -> Any:
    """One that says the same is given again; one that says otherwise is replaced."""
    period = step["station"], day(step["from_on"]), day(step["to_on"])
    made = _of_period(book, step["person"], *period)
    return _named(book, step, made) if made else "no_counted_hours"


def certify_all(book: Book, step: dict[str, Any]) -> list[str]:
    """In the order of their member numbers."""
    period = step["station"], day(step["from_on"]), day(step["to_on"])
    made = [_of_period(book, name, *period) for name in book.members]
    return sorted(one["number"] for one in made if one)


def certify_star(book: Book, step: dict[str, Any]) -> Any:
    """By the station where somebody is at home; a valid one is given again."""
    name, star = step["person"], step["star"]
    if stars(book.totals[name]) < star:
        return "star_not_held"
    made = _valid(book, of=name, star=star) or _write(
        book, {"of": name, "station": book.people[name].home(book.on), "star": star,
               "states": book.totals[name], "from": None, "to": None},
    )  # fmt: skip
    return _named(book, step, made)


def reissue(book: Book, step: dict[str, Any]) -> Any:
    """A new one in the place of any that was not revoked."""
    old = _called(book, step["of"])
    if old["state"] == "revoked":
        return "certificate_revoked"
    other = _valid(book, **{key: old[key] for key in _KEY})
    if other and other is not old:
        return "certificate_replaced"
    book.end("re_issued", number=old["number"])
    kept = {key: old[key] for key in _KEY}
    states = (
        book.totals[old["of"]]
        if old["star"]
        else _states(book, old["of"], old["station"], old["from"], old["to"])
    )
    return _named(book, step, _write(book, kept | {"states": states}))


def revoke_certificate(book: Book, step: dict[str, Any]) -> None:
    one = _called(book, step["certificate"])
    one |= {"state": "revoked", "ended_on": str(book.on)}


def wear(book: Book, step: dict[str, Any]) -> Any:
    """A badge bears the day on which its star was won last."""
    name, star = step["person"], step["star"]
    if stars(book.totals[name]) < star:
        return "star_not_held"
    book.badges[step["badge"]] = {"of": name, "star": star, "lost": False}
    return [star, [on for _, to, on in book.promotions[name] if to == star][-1]]


def register(book: Book) -> dict[str, Any]:
    told = {}
    for one in book.certificates:
        minutes = one["states"] if one["star"] else sum(one["states"].values())
        told[one["number"]] = {
            "of": one["of"], "state": one["state"], "because": one["because"],
            "ended_on": one["ended_on"], "star": one["star"],
            "seen": [one["number"], one["state"], minutes, one["star"]],
        }  # fmt: skip
    return dict(sorted(told.items()))


def badges(book: Book) -> dict[str, bool]:
    return {name: one["lost"] for name, one in book.badges.items()}


def _of_period(book: Book, name: str, station: str, first: Any, last: Any) -> Any:
    states = _states(book, name, station, first, last)
    if not states:
        return None
    which = {"of": name, "station": station, "star": None, "from": first, "to": last}
    there = _valid(book, **which)
    if there and there["states"] == states:
        return there
    book.end("re_issued", **which)
    return _write(book, which | {"states": states})


def _states(book: Book, name: str, station: str, first: Any, last: Any) -> dict[str, int]:
    """Minutes by record, as they count now."""
    return {
        key: r["minutes"] for key, r in book.records.items()
        if (r["person"], r["station"], r["state"]) == (name, station, "counted")
        and r["minutes"] and first <= r["on"] <= last
    }  # fmt: skip


def _write(book: Book, made: dict[str, Any]) -> dict[str, Any]:
    """Numbered by station and year of issue, whatever it is of."""
    start = f"{book.script['stations'][made['station']]['code']}-{book.on.year}-"
    count = 1 + sum(one["number"].startswith(start) for one in book.certificates)
    made |= {"number": f"{start}{count:06}", "state": "valid", "because": None, "ended_on": None,
             "issued_on": str(book.on), "called": set()}  # fmt: skip
    book.certificates.append(made)
    return made


def _named(_: Book, step: dict[str, Any], made: dict[str, Any]) -> Any:
    made["called"].add(step["certificate"])
    return [made["number"], made["states"] if made["star"] else sum(made["states"].values())]


def _valid(book: Book, **which: Any) -> Any:
    for one in book.certificates:
        if one["state"] == "valid" and all(one[key] == value for key, value in which.items()):
            return one
    return None


def _called(book: Book, name: str) -> dict[str, Any]:
    return next(one for one in book.certificates if name in one["called"])


VERBS = (certify, certify_all, certify_star, reissue, revoke_certificate, wear)
