"""An event, and what can be wrong with reading on."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from volunteer_svc.consumer.position import Position


@dataclass(frozen=True, slots=True)
class Event:
    """One CloudEvent. `raw` is its text as published; `time` is when it happened, not an order."""

    sequence: int
    source: str
    id: str
    type: str
    subject: str
    subject_version: int
    time: datetime
    station_id: str | None
    data: dict[str, Any]
    raw: bytes

    @property
    def position(self) -> Position:
        """Behind it."""
        return Position(self.source, self.sequence)


def parse(raw: bytes) -> Event:
    """An event from its text. Attributes this version does not know are ignored."""
    return event_of(json.loads(raw), raw)


def event_of(body: dict[str, Any], raw: bytes) -> Event:
    return Event(
        sequence=int(body["sequence"]),
        source=body["source"],
        id=body["id"],
        type=body["type"],
        subject=body["subject"],
        subject_version=body["subjectversion"],
        time=datetime.fromisoformat(body["time"]),
        station_id=body.get("stationid"),
        data=body["data"],
        raw=raw,
    )


class Gap(Exception):  # noqa: N818 - it says what is the case
    """Events `expected` to `found - 1` are not in the stream any more: the feed has them.

    The stream keeps about the last million events, the service's log keeps them for months.
    """

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"expected event {expected}, found {found}")
        self.expected = expected
        self.found = found


class StartAnew(Exception):  # noqa: N818 - it says what is the case
    """There is no way on from this position: begin with `Feed.snapshot` and read on from there."""


class EpochChanged(StartAnew):
    """The service's log was replaced, after a restore: what you hold may never have happened.

    Start anew from a snapshot of the service's state, then read on `after=sequence - 1` with
    `source=found`; drop events whose `subject_version` is not above that of the snapshot.
    """

    def __init__(self, expected: str, found: str, sequence: int) -> None:
        super().__init__(f"expected events of {expected}, found {found} from event {sequence} on")
        self.expected = expected
        self.found = found
        self.sequence = sequence


class Expired(StartAnew):
    """Events behind this position are not kept any more; `earliest` is where those begin that are.
    Who only announces what happens may go on from there, and has missed the rest."""

    def __init__(self, position: Position, earliest: Position) -> None:
        super().__init__(f"events behind {position.sequence} are kept from {earliest.sequence} on")
        self.position = position
        self.earliest = earliest
