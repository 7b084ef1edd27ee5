"""Stars: a pure function of counted minutes and the policy in force (R6)."""

from bisect import bisect_right
from uuid import UUID

import msgspec

from volunteer_svc.domain.policy import Policy


class StarChange(msgspec.Struct, frozen=True, gc=False):
    """One star won or lost, and the minutes that explain it."""

    from_star: int
    to_star: int
    minutes_before: int
    minutes_after: int

    @property
    def promoted(self) -> bool:
        return self.to_star > self.from_star


class NextStar(msgspec.Struct, frozen=True):
    """The star ahead, its threshold and what is missing, in minutes."""

    star: int
    threshold_minutes: int
    missing_minutes: int


class Cause(msgspec.Struct, frozen=True, gc=False):
    """What moved the minutes: `service_record`, `approval`, `correction`, `policy`, `import`."""

    kind: str
    id: UUID


def star_of(minutes: int, policy: Policy) -> int:
    """The star, 0–5: the number of thresholds reached; a threshold itself counts (以上)."""
    return bisect_right(policy.star_minutes, minutes)


def star_changes(star: int, before: int, after: int, policy: Policy) -> list[StarChange]:
    """One change per star between the star held and the star that `after` minutes earn.

    `star` is what the volunteer holds, `before` and `after` are counted minutes.
    """
    target = star_of(after, policy)
    if target == star:  # nearly always
        return []
    step = 1 if target > star else -1
    return [
        StarChange(at, at + step, minutes_before=before, minutes_after=after)
        for at in range(star, target, step)
    ]


def next_star(minutes: int, policy: Policy) -> NextStar | None:
    """What is missing for the next star; None at the top."""
    star = star_of(minutes, policy)
    if star == len(policy.star_minutes):
        return None
    threshold = policy.star_minutes[star]
    return NextStar(star + 1, threshold, threshold - minutes)
