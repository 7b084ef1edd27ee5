"""Planning a policy: what its numbers may be, from when, and who would change by it."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from uuid import UUID

import msgspec

from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.policy import (
    GUIDELINE_STARS,
    NATIONAL_STARS,
    Policies,
    Policy,
)
from volunteer_svc.domain.star import star_of

PRESETS = {"guideline": GUIDELINE_STARS, "national": NATIONAL_STARS}
STARS = 5
_RANGES = {
    "min_age": (8, 100),
    "guardian_until": (18, 100),
    "induction_window_months": (1, 60),
    "recognition_top_n": (1, 100),
    "entry_workdays": (1, 250),
    "complaint_workdays": (1, 60),
    "objection_workdays": (1, 60),
    "day_minutes_direct": (1, 1_440),
    "day_minutes_max": (1, 1_440),
    "application_expires_days": (1, 3_650),
    "unfinished_kept_days": (1, 3_650),
    "claim_kept_days": (1, 3_650),
    "records_kept_years": (10, 100),
}
"""Both ends included. 18: the law's adult age; 10 years: GB/T 40143 (R20)."""
_MINUTES_MAX = 2**31 - 1
_YEARS_END = 2200


def policy_faults(policy: Policy, known: Policies, today: date) -> list[Fault]:
    """Everything wrong with a planned policy: it begins on a day to come, at which no other does,
    its numbers are in their ranges, and its thresholds ascend."""
    faults = []
    if policy.valid_from.year >= _YEARS_END:
        faults.append(Fault("date_out_of_range", "valid_from"))
    if policy.valid_from <= today:
        faults.append(Fault("date_not_future", "valid_from", {"today": today.isoformat()}))
    if any(one.version == policy.version for one in known.versions):
        faults.append(Fault("policy_exists", "version"))
    if any(one.valid_from == policy.valid_from for one in known.versions):
        faults.append(Fault("policy_day_taken", "valid_from"))
    faults += _star_faults(policy.star_minutes)
    for name, (least, most) in _RANGES.items():
        if not least <= getattr(policy, name) <= most:
            faults.append(Fault("number_out_of_range", name, {"min": least, "max": most}))
    if policy.day_minutes_direct > policy.day_minutes_max:
        faults.append(Fault("direct_above_max", "day_minutes_direct"))
    return faults


def _star_faults(minutes: tuple[int, ...]) -> list[Fault]:
    if len(minutes) != STARS:
        return [Fault("stars_not_five", "star_minutes", {"stars": STARS})]
    if minutes[0] <= 0 or minutes[-1] > _MINUTES_MAX or any(a >= b for a, b in pairwise(minutes)):
        return [Fault("stars_not_ascending", "star_minutes")]
    return []


class Rated(msgspec.Struct, frozen=True, gc=False):
    """A volunteer's star and what it rests on."""

    volunteer_id: UUID
    station_id: UUID
    star: int
    counted_minutes: int


class Move(msgspec.Struct, frozen=True, order=True):
    """How many would go from one star to another."""

    from_star: int
    to_star: int
    volunteers: int


def changed(rated: Iterable[Rated], policy: Policy) -> list[tuple[Rated, int]]:
    """Who would change by the policy, with the star that he would have."""
    stars = ((one, star_of(one.counted_minutes, policy)) for one in rated)
    return [(one, star) for one, star in stars if star != one.star]


def moves(counted: Counter[tuple[int, int]]) -> list[Move]:
    """Counts by (from star, to star), in order."""
    return sorted(Move(start, end, number) for (start, end), number in counted.items())
