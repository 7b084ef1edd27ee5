"""Stations in forms: staff of a station are at home there, the county chooses."""

from uuid import UUID

from volunteer_svc.actions import named
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.web.visit import Visit


def own_station(visit: Visit) -> UUID | None:
    return visit.actor.station_id if isinstance(visit.actor, Staff) else None


async def station_choices(visit: Visit) -> list[tuple[UUID, str]]:
    """Open stations to choose from; none for staff of a station."""
    if own_station(visit) is not None:
        return []
    today = local_date(visit.call.now)
    return [
        (one.id, one.name)
        for one in (await named.stations_named()).values()
        if one.closed_on is None or today < one.closed_on
    ]
