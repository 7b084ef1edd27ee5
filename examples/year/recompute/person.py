"""A person: where at home, member from when to when, trained in what."""

from datetime import date
from typing import Any


class Person:
    def __init__(self) -> None:
        self.registrations: list[dict[str, Any]] = []
        self.suspensions: list[list[date]] = []
        self.homes: list[tuple[date, str]] = []
        self.topics: dict[str, tuple[date, date]] = {}
        self.awards: list[str] = []
        self.position = "member"

    def home(self, on: date) -> str:
        return [station for since, station in self.homes if since <= on][-1]

    def is_member(self, on: date) -> bool:
        """At the end of that day; a suspended one is a member."""
        return any(r["inducted"] and r["inducted"] <= on < r["ended"] for r in self.registrations)

    def is_suspended(self, on: date) -> bool:
        return any(first <= on < last for first, last in self.suspensions)

    def may_serve(self, on: date) -> bool:
        """The day of induction and the day of leaving count."""
        within = any(
            r["inducted"] and r["inducted"] <= on <= r["ended"] for r in self.registrations
        )
        return within and not self.is_suspended(on)

    def is_trained(self, topics: list[str], on: date) -> bool:
        return all(
            topic in self.topics and self.topics[topic][0] <= on <= self.topics[topic][1]
            for topic in topics
        )

    def state(self, on: date) -> str:
        last = self.registrations[-1]
        if last["ended"] <= on:
            return "exited"
        if last["inducted"] and last["inducted"] <= on:
            return "suspended" if self.is_suspended(on) else "active"
        if last["registered"] is None:
            return "applied"
        return "registered" if on <= last["due"] else "lapsed"
