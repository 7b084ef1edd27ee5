"""What an activity asks of the records that belong to it (R4)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.topics import topics_fault


class Terms(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An activity as a record sees it."""

    station_id: UUID
    state: Literal["planned", "published", "cancelled"]
    started_at: datetime
    ended_at: datetime
    required_topics: tuple[str, ...]
    hazardous: bool = False


def terms_faults(
    terms: Terms | None,
    *,
    station_id: UUID,
    served_on: date,
    minutes: int,
    window: tuple[datetime, datetime] | None,
    held_topics: Iterable[str],
    minor: bool,
    tolerance_minutes: int,
) -> Iterable[Fault]:
    """Why a record may not belong to the activity (None: there is no such activity).

    It lies within the activity's window and the tolerance on both sides; of a record without
    times the minutes do. `minor`: its volunteer is under 18 on that day (R18).
    """
    if terms is None or terms.station_id != station_id:
        yield Fault("activity_unknown", "activity_id")
        return
    if terms.state != "published":
        cancelled = terms.state == "cancelled"
        code = "activity_cancelled" if cancelled else "activity_not_published"
        yield Fault(code, "activity_id")
    tolerance = timedelta(minutes=tolerance_minutes)
    first, last = terms.started_at - tolerance, terms.ended_at + tolerance
    if window is not None:
        if window[0] < first or window[1] > last:
            yield Fault("outside_activity", "started_at", {"minutes": tolerance_minutes})
    elif not local_date(terms.started_at) <= served_on <= local_date(terms.ended_at):
        yield Fault("outside_activity", "served_on", {"minutes": tolerance_minutes})
    elif minutes > (most := int((last - first).total_seconds()) // 60):
        yield Fault("longer_than_window", "minutes", {"max": most})
    lacking = topics_fault(terms.required_topics, held_topics, "activity_id")
    if lacking is not None:
        yield lacking
    if terms.hazardous and minor:
        yield Fault("hazardous_for_minors", "activity_id")
