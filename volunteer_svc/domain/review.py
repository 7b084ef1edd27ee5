"""What somebody should look at: signals, never refusals; each names its rule and its records."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from statistics import median
from typing import Literal
from uuid import UUID

import msgspec

ReviewRule = Literal[
    "equal_below_star", "recorder_outlier", "long_after_date", "staff_volunteers", "improbable_day"
]
EQUAL_ENTRIES = 5
NEAR_MINUTES = 600
"""So far below a star a batch that stops there is as good as one that reaches it."""
OUTLIER_TIMES = 3
OUTLIER_RECORDERS = 3
OUTLIER_MINUTES = 3_000
LONG_DAYS = 60
IMPROBABLE_MINUTES = 600
IMPROBABLE_STATIONS = 3
RECORDS_MAX = 200
"""Named by one signal."""


class Entered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An entry of a sheet that counts or waits, as a reviewer sees it.

    `total`: the volunteer's counted minutes now; `star_minutes`: the thresholds he is rated by;
    `of_staff`: he works at the station where he served.
    """

    record_id: UUID
    volunteer_id: UUID
    station_id: UUID
    recorder_id: UUID
    served_on: date
    entered_on: date
    minutes: int
    total: int
    star_minutes: tuple[int, ...]
    of_staff: bool


class Day(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that somebody served on a day, wherever; `station_id`: of the latest entry."""

    volunteer_id: UUID
    served_on: date
    station_id: UUID
    minutes: int
    stations: int
    record_ids: Sequence[UUID]


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One finding. `fingerprint`: the same finding on another day is the same signal."""

    rule: ReviewRule
    fingerprint: str
    station_id: UUID
    volunteer_id: UUID | None
    recorder_id: UUID | None
    record_ids: list[UUID]
    facts: dict[str, int | str]


def signals(entries: Sequence[Entered], days: Iterable[Day]) -> list[Signal]:
    """Everything worth a look among the entries and days given."""
    return [
        *_equal_below_star(entries),
        *_recorder_outliers(entries),
        *_long_after_date(entries),
        *_staff_volunteers(entries),
        *_improbable_days(days),
    ]


def _equal_below_star(entries: Iterable[Entered]) -> Iterable[Signal]:
    """Many equal entries of one recorder on one day that carry somebody to a star, or nearly."""
    batches = _grouped(entries, lambda e: (e.recorder_id, e.volunteer_id, e.entered_on, e.minutes))
    for batch in batches:
        one = batch[0]
        before = one.total - sum(e.minutes for e in batch)
        star = next((s for s in one.star_minutes if before < s <= one.total + NEAR_MINUTES), None)
        if len(batch) >= EQUAL_ENTRIES and star is not None:
            yield _signal(
                "equal_below_star", batch, str(one.entered_on), str(one.minutes),
                volunteer=True, entries=len(batch), minutes=one.minutes, star_minutes=star,
            )  # fmt: skip


def _recorder_outliers(entries: Iterable[Entered]) -> Iterable[Signal]:
    """Who entered many times what the middle one of the recorders did."""
    batches = _grouped(entries, lambda e: (e.recorder_id, e.station_id))
    sums = [sum(e.minutes for e in batch) for batch in batches]
    if len(batches) < OUTLIER_RECORDERS:
        return
    middle = int(median(sums))
    for batch, total in zip(batches, sums, strict=True):
        if total >= OUTLIER_MINUTES and total > OUTLIER_TIMES * middle:
            month = max(e.entered_on for e in batch)
            yield _signal("recorder_outlier", batch, f"{month:%Y-%m}", minutes=total, median=middle)


def _long_after_date(entries: Iterable[Entered]) -> Iterable[Signal]:
    old = (e for e in entries if (e.entered_on - e.served_on).days > LONG_DAYS)
    for batch in _grouped(old, lambda e: (e.recorder_id, e.station_id, e.entered_on)):
        days = max((e.entered_on - e.served_on).days for e in batch)
        day = str(batch[0].entered_on)
        yield _signal("long_after_date", batch, day, entries=len(batch), days=days)


def _staff_volunteers(entries: Iterable[Entered]) -> Iterable[Signal]:
    """Hours of colleagues: each month's, by who entered them."""
    own = (e for e in entries if e.of_staff)
    for batch in _grouped(own, lambda e: (e.recorder_id, e.volunteer_id, f"{e.entered_on:%Y-%m}")):
        month = f"{batch[0].entered_on:%Y-%m}"
        minutes = sum(e.minutes for e in batch)
        yield _signal(
            "staff_volunteers", batch, month, volunteer=True, entries=len(batch), minutes=minutes
        )


def _improbable_days(days: Iterable[Day]) -> Iterable[Signal]:
    for day in days:
        if day.minutes > IMPROBABLE_MINUTES or day.stations >= IMPROBABLE_STATIONS:
            yield Signal(
                rule="improbable_day",
                fingerprint=f"improbable_day/{day.volunteer_id}/{day.served_on}",
                station_id=day.station_id,
                volunteer_id=day.volunteer_id,
                recorder_id=None,
                record_ids=list(day.record_ids)[:RECORDS_MAX],
                facts={
                    "served_on": str(day.served_on),
                    "minutes": day.minutes,
                    "stations": day.stations,
                },
            )


def _grouped(entries: Iterable[Entered], key: Callable[[Entered], object]) -> list[list[Entered]]:
    groups: dict[object, list[Entered]] = defaultdict(list)
    for entry in entries:
        groups[key(entry)].append(entry)
    return list(groups.values())


def _signal(
    rule: ReviewRule, batch: Sequence[Entered], *marks: str, volunteer: bool = False, **facts: int
) -> Signal:
    one = batch[0]
    who = [str(one.recorder_id), str(one.volunteer_id if volunteer else one.station_id)]
    return Signal(
        rule=rule,
        fingerprint="/".join([rule, *who, *marks]),
        station_id=one.station_id,
        volunteer_id=one.volunteer_id if volunteer else None,
        recorder_id=one.recorder_id,
        record_ids=[e.record_id for e in batch][-RECORDS_MAX:],
        facts=dict(facts),
    )
