"""Who the ids of a list are: volunteers with their names as the caller may see them, staff."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from volunteer_svc import store
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.actions.volunteer_view import VolunteerView, shown
from volunteer_svc.domain.policy import Policy
from volunteer_svc.identity.permissions import require_staff, stations_seen
from volunteer_svc.store.stations import Station
from volunteer_svc.store.trainings import Topic

STATIONS_MAX = 1_000


@reading
async def volunteers_named(
    call: Call, volunteer_ids: Collection[UUID]
) -> dict[UUID, VolunteerView]:
    """The volunteers of a list by id; those of other stations masked. Raises `forbidden`."""
    stations_seen(call.actor, "volunteer.read")
    volunteers = await store.volunteers.load(set(volunteer_ids))
    return {view.id: view for view in await shown(call, list(volunteers.values()))}


async def staff_named(call: Call, staff_ids: Collection[UUID | None]) -> dict[UUID, str]:
    """What colleagues are called. Raises `forbidden` for whoever is none."""
    require_staff(call.actor, "volunteer.read")
    return await store.accounts.names({one for one in staff_ids if one})


async def stations_named() -> dict[UUID, Station]:
    """All stations by id, in the order of their codes."""
    return {one.id: one for one in await store.stations.listing(after="", limit=STATIONS_MAX)}


async def topics_named() -> dict[str, Topic]:
    """All training topics by code."""
    return await store.trainings.topics()


async def policy_on(day: date) -> Policy:
    """The policy in force on a Shanghai day."""
    return (await store.policies.load()).on(day)
