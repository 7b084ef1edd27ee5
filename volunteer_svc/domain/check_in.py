"""Being there: the code shown at the site, when one may come and go, and what it amounts to."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from volunteer_svc.domain.activity import Activity
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.one_time_code import STEP_SECONDS, step_of
from volunteer_svc.domain.service_record import Window

CheckInState = Literal["open", "closed", "forgotten", "void"]
Direction = Literal["in", "out"]
CODE_CHARACTERS = 8
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without what looks alike: 5 bits a character."""


def code_text(mac: bytes) -> str:
    """The first 40 bits of a keyed hash as people can type them."""
    number = int.from_bytes(mac[:5])
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(8)))


def code_step(given: str, code_of: Callable[[int], str], now: datetime) -> int | None:
    """The step of 30 seconds that a code is of: this one, or the one before; None: neither."""
    plain = given.upper().replace("-", "").replace(" ", "")
    here = step_of(now)
    return next((step for step in (here, here - 1) if code_of(step) == plain), None)


def valid_until(step: int, zone: datetime) -> datetime:
    """When the code of a step is no longer shown."""
    return datetime.fromtimestamp((step + 1) * STEP_SECONDS, zone.tzinfo)


def check_in_fault(activity: Activity, now: datetime, tolerance_minutes: int) -> Fault | None:
    """Why nobody can check in now, if so: from the tolerance before the start until the end."""
    if activity.state != "published":
        cancelled = activity.state == "cancelled"
        return Fault("activity_cancelled" if cancelled else "activity_not_published")
    if not activity.open_from(tolerance_minutes) <= now < activity.ended_at:
        return Fault("check_in_closed", None, {"minutes": tolerance_minutes})
    return None


def site_fault(activity: Activity, now: datetime, tolerance_minutes: int) -> Fault | None:
    """Why no code is shown now, if so: it is, as long as anybody may check in or out."""
    fault = check_in_fault(activity, now, tolerance_minutes)
    late = activity.ended_at <= now <= activity.open_until(tolerance_minutes)
    return None if late and activity.state == "published" else fault


def check_out_fault(activity: Activity, now: datetime, tolerance_minutes: int) -> Fault | None:
    """Why it is too late to check out, if so: staff decide about a forgotten check-out."""
    if now > activity.open_until(tolerance_minutes):
        return Fault("check_out_over", None, {"minutes": tolerance_minutes})
    return None


def served(in_at: datetime, out_at: datetime) -> Window | None:
    """The whole minutes between coming and going; None: less than one."""
    start, end = _whole_minute(in_at), _whole_minute(out_at)
    return Window(start, end) if end > start else None


def forgotten(activity: Activity, in_at: datetime) -> Window | None:
    """The provisional window of somebody who never checked out: until the activity's end."""
    return served(in_at, min(activity.ended_at, in_at + timedelta(hours=24)))


def _whole_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)
