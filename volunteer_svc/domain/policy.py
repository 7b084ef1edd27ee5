"""The numbers of the rules, as data with a valid-from date; never constants in the code."""

from datetime import date

import msgspec

GUIDELINE_STARS = (6_000, 12_000, 18_000, 24_000, 30_000)
"""Jilin guideline (R6): every 100 hours."""
NATIONAL_STARS = (6_000, 18_000, 36_000, 60_000, 90_000)
"""National preset: 100, 300, 600, 1000, 1500 hours."""


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of the numbers. Minutes, months, years, days as the names say."""

    version: str
    valid_from: date
    min_age: int = 14
    guardian_until: int = 18
    induction_window_months: int = 3
    star_minutes: tuple[int, ...] = GUIDELINE_STARS
    recognition_top_n: int = 10
    entry_workdays: int = 10
    complaint_workdays: int = 3
    objection_workdays: int = 3
    day_minutes_direct: int = 480
    day_minutes_max: int = 720
    activity_tolerance_minutes: int = 30
    """How long before an activity begins one may check in, and how long after its end out."""
    application_expires_days: int = 180
    self_report_needs_approval: bool = True
    unfinished_kept_days: int = 90
    """After an application expired or was declined: then who it was is erased."""
    claim_kept_days: int = 30
    """After a claim was resolved: then its form is blanked."""
    records_kept_years: int = 10
    """After a registration is over: then who it was is erased (R20)."""


class Policies(msgspec.Struct, frozen=True):
    """Every version there is; there is always a first one, valid since ever."""

    versions: tuple[Policy, ...]

    def on(self, day: date) -> Policy:
        """The policy in force on a Shanghai day: the latest `valid_from` not after it."""
        return max((p for p in self.versions if p.valid_from <= day), key=lambda p: p.valid_from)

    def named(self, version: str) -> Policy:
        for policy in self.versions:
            if policy.version == version:
                return policy
        raise LookupError(version)
