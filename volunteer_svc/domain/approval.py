"""The second person: who may decide an entry that waits."""

from uuid import UUID

import msgspec

from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.errors import Fault
from volunteer_svc.domain.service_record import Level


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits: whose hours, who entered it, where, and which level decides.

    `in_reach_of`: of a volunteer's own report, who gave him the slip to his password or wrote his
    telephone down. They could have signed in as him, so they are not a second person.
    """

    volunteer_id: UUID
    entered_by: UUID | None
    in_reach_of: frozenset[UUID] = frozenset()
    station_id: UUID
    level: Level


def decision_fault(item: Item, decider: Staff) -> Fault | None:
    """Why this person may not decide this item, if so.

    Who entered it does not approve it, nobody approves hours of his own; above the day's
    maximum only the county level decides. That the decider's role may approve at this station
    at all is the permission table's business.
    """
    if decider.id == item.entered_by or decider.id in item.in_reach_of:
        return Fault("second_person_required")
    if item.volunteer_id == decider.volunteer_id:
        return Fault("own_hours")
    if item.level == "county" and decider.role != "county":
        return Fault("county_approval_required")
    return None
