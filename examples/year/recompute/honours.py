"""Positions and awards."""

from typing import Any

from recompute.book import Book


def appoint(book: Book, step: dict[str, Any]) -> None:
    book.people[step["person"]].position = step["position"]


def award(book: Book, step: dict[str, Any]) -> None:
    book.people[step["person"]].awards.append(step["honour"])


def revoke(book: Book, step: dict[str, Any]) -> None:
    book.people[step["person"]].awards.remove(step["honour"])


VERBS = (appoint, award, revoke)
