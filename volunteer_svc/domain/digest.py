"""What a day's events of a station add up to, and where a reader's own figures differ."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from volunteer_svc.domain.calendar import local_instant
from volunteer_svc.domain.events import TypeFigures

LATE_MINUTES = 10
"""How long after its end a day is left open for commands that still run."""
MINUTES = {"service.recorded": "minutes", "service.corrected": "minutes_delta"}
"""By event: the field of its data that is added up."""
STARS = frozenset({"star.promoted", "star.revoked"})
"""Added up is `to_star` less `from_star`."""

Place = tuple[date, UUID | None, str]
"""Day, station and type."""


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """Of the events numbered `from_sequence` to `to_sequence`: those of the station (None: those
    without one) whose `time` lies in the Shanghai day `on`."""

    id: UUID
    station_id: UUID | None
    on: date
    from_sequence: int
    to_sequence: int
    figures: list[TypeFigures]
    made_at: datetime


class Figures(msgspec.Struct, frozen=True):
    """How many events, and the sums of their minutes and stars."""

    events: int = 0
    minutes: int = 0
    stars: int = 0


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """`expected` is what the log has, `found` what the reader has."""

    on: date
    station_id: UUID | None
    type: str
    column: str
    expected: int
    found: int


def end_of(day: date) -> datetime:
    """The instant at which the Shanghai day is over."""
    return local_instant(day + timedelta(days=1), 0)


def due(last: date | None, first_event_on: date | None, now: datetime) -> date | None:
    """The next day of which a digest is to be made: the one after the last, in order."""
    start = last + timedelta(days=1) if last else first_event_on
    if start is None or now < end_of(start) + timedelta(minutes=LATE_MINUTES):
        return None
    return start


def figures_of(digests: Iterable[Digest]) -> dict[Place, Figures]:
    return {
        (digest.on, digest.station_id, one.type): Figures(one.events, one.minutes, one.stars)
        for digest in digests
        for one in digest.figures
    }


def differences(
    ours: Mapping[Place, Figures], theirs: Mapping[Place, Figures]
) -> Iterator[Difference]:
    """By day, station and type; a place that one side lacks counts as zeros."""
    for place in sorted(ours.keys() | theirs.keys(), key=lambda one: (one[0], str(one[1]), one[2])):
        expected, found = ours.get(place, Figures()), theirs.get(place, Figures())
        on, station_id, kind = place
        for column in Figures.__struct_fields__:
            a, b = getattr(expected, column), getattr(found, column)
            if a != b:
                yield Difference(
                    on=on, station_id=station_id, type=kind, column=column, expected=a, found=b
                )
