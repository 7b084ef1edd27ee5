"""What waits for a station today: how much of each, and whose induction is about to lapse."""

from datetime import timedelta
from uuid import UUID

from volunteer_svc import store
from volunteer_svc.actions.command import Call
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.identity.permissions import stations_seen
from volunteer_svc.store.registrations import RegistrationRow
from volunteer_svc.store.today import Counts

LAPSING_DAYS = 30
"""So long before its last day an induction is called about to lapse."""


async def waiting_counts(call: Call, *, station_id: UUID | None) -> Counts:
    """At a station, or at all for those who see all. Raises `forbidden`."""
    today = local_date(call.now)
    return await store.today.counts(
        today=today,
        until=today + timedelta(days=LAPSING_DAYS),
        now=call.now,
        station_id=stations_seen(call.actor, "record.approve", station_id),
    )


async def inductions_due(
    call: Call, *, station_id: UUID | None, limit: int
) -> list[RegistrationRow]:
    """Registrations that lapse soon, the first due first. Raises `forbidden`."""
    today = local_date(call.now)
    return await store.registrations.inductions_due(
        today=today,
        until=today + timedelta(days=LAPSING_DAYS),
        station_id=stations_seen(call.actor, "induction.write", station_id),
        limit=limit,
    )
