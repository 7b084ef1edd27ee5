"""A volunteer's file as a story: the days on which something happened."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

import msgspec

from volunteer_svc.domain.volunteer import Volunteer

What = Literal[
    "applied", "registered", "inducted", "lapsed", "expired", "declined", "exited",
    "suspended", "reinstated", "star_won", "star_lost", "erased", "transferred", "trained",
    "appointed", "position_ended", "awarded", "award_revoked", "consent_withdrawn",
    "identity_corrected", "file_merged", "induction_revoked",
]  # fmt: skip


class Happened(msgspec.Struct, frozen=True):
    """`star`: which one it was from then on. `about`: the station that took him (its id), the
    topic, position or consent (its code), the award (its name), or the induction (its day)."""

    on: date
    what: What
    star: int | None = None
    about: str | None = None


def story(
    volunteer: Volunteer,
    stars: Iterable[tuple[date, int, int]],
    today: date,
    life: Iterable[Happened] = (),
) -> list[Happened]:
    """The latest first. `stars`: day, star before, star after; `life`: what else is kept of him.
    Lapses are computed, as ever."""
    told: list[Happened] = []
    for one in volunteer.registrations:
        days: list[tuple[date | None, What]] = [
            (one.applied_on, "applied"),
            (one.registered_on, "registered"),
            (one.inducted_on, "inducted"),
            (one.declined_on, "declined"),
            (one.ended_on, "exited"),
        ]
        told += [Happened(day, what) for day, what in days if day is not None]
        if one.lapsed(today) and one.induction_due_on is not None:
            told.append(Happened(one.induction_due_on + timedelta(days=1), "lapsed"))
        if one.registered_on is None and one.declined_on is None and today > one.expires_on:
            told.append(Happened(one.expires_on + timedelta(days=1), "expired"))
    for pause in volunteer.suspensions:
        told.append(Happened(pause.from_on, "suspended"))
        if pause.to_on is not None and pause.to_on <= today:
            told.append(Happened(pause.to_on, "reinstated"))
    told += [
        Happened(day, "star_won" if after > before else "star_lost", after)
        for day, before, after in stars
    ]
    told += life
    if volunteer.erased_on is not None:
        told.append(Happened(volunteer.erased_on, "erased"))
    told.reverse()  # of one day the later step stands above: sorting is stable
    return sorted(told, key=lambda one: one.on, reverse=True)
