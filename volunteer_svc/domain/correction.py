"""A correction: a new ledger entry with the difference, never an edit, never a delete."""

from uuid import UUID

import msgspec

from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.policy import Policy
from volunteer_svc.domain.service_record import (
    Counted,
    Decision,
    Evidence,
    RecordState,
    Refused,
    Waiting,
    Window,
    tier,
)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it stands: `minutes` after the corrections so far, `break_minutes` as entered."""

    volunteer_id: UUID
    state: RecordState
    evidence: Evidence
    minutes: int
    window: Window | None
    break_minutes: int


def decide_correction(
    record: Standing, minutes: int, day_total: int, *, corrector: Staff, policy: Policy
) -> Decision:
    """Whether the record may stand at `minutes` from now on.

    Less counts at once. More waits for a second person, as invented hours would otherwise pass
    through corrections: the station, or the county when the volunteer's local day (`day_total`,
    all stations, with the new minutes) goes above the maximum. Zero reverses the record.
    """
    if record.state != "counted":
        return Refused((Fault("record_not_counted"),))
    if minutes == record.minutes:
        return Refused((Fault("correction_changes_nothing", "minutes"),))
    if record.volunteer_id == corrector.volunteer_id:
        return Refused((Fault("own_hours"),))
    if record.window is not None:
        seconds = (record.window.ended_at - record.window.started_at).total_seconds()
        longest = int(seconds) // 60 - record.break_minutes
        if minutes > longest:
            return Refused((Fault("longer_than_window", "minutes", {"max": longest}),))
    if minutes < record.minutes:
        return Counted()
    level, why = tier(record.evidence, day_total, policy)
    return Waiting(level or "station", why or "correction_adds_minutes")
