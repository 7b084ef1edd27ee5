"""Staff come and go: who may take work over, who may decide in a head's stead, and how long."""

from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.actor import Role
from volunteer_svc.domain.errors import Fault

WorkKind = Literal["record", "correction", "claim", "import"]
DELEGATION_DAYS_MAX = 92
"""A quarter: longer is a new head."""
CLOSING_DAYS_MAX = 366


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """An account as these rules see it."""

    id: UUID
    role: Role
    station_id: UUID | None
    open: bool


def receiver_fault(leaver: Colleague, receiver: Colleague | None) -> Fault | None:
    """Why this colleague may not take the leaver's open work over, if so.

    The same station; above the stations the same role, so that what one could do the other can.
    """
    if receiver is None or not receiver.open or receiver.id == leaver.id:
        return Fault("colleague_unsuitable", "to")
    if receiver.station_id != leaver.station_id:
        return Fault("colleague_unsuitable", "to")
    if leaver.station_id is None and receiver.role != leaver.role:
        return Fault("colleague_unsuitable", "to")
    return None


def delegation_faults(
    head: Colleague | None, delegate: Colleague | None, from_on: date, to_on: date, today: date
) -> list[Fault]:
    """Why a head may not let this colleague decide in his stead on these days, both included."""
    faults = []
    if head is None or not head.open or head.role != "station_head":
        faults.append(Fault("delegator_unsuitable", "from_staff"))
    elif (
        delegate is None
        or not delegate.open
        or delegate.id == head.id
        or delegate.station_id != head.station_id
        or delegate.role == "station_head"
    ):
        faults.append(Fault("colleague_unsuitable", "to"))
    if from_on < today:
        faults.append(Fault("date_in_past", "from_on", {"today": today.isoformat()}))
    days = (to_on - from_on).days + 1
    if not 1 <= days <= DELEGATION_DAYS_MAX:
        faults.append(Fault("delegation_too_long", "to_on", {"max": DELEGATION_DAYS_MAX}))
    return faults


def closing_fault(on: date, today: date) -> Fault | None:
    """The accounts of a contractor close today or on a day to come."""
    if on < today:
        return Fault("date_in_past", "on", {"today": today.isoformat()})
    if (on - today).days > CLOSING_DAYS_MAX:
        return Fault("date_out_of_range", "on")
    return None
