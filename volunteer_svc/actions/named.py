"""Who the ids of a list are: volunteers with their names as the caller may see them, staff."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.actions.volunteer_view import VolunteerView, shown
from volunteer_svc.domain.activity import Activity
from volunteer_svc.domain.policy import Policy
from volunteer_svc.i18n import Language
from volunteer_svc.identity.permissions import require, require_staff, stations_seen
from volunteer_svc.store.stations import Station

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


async def clients_named(call: Call, client_ids: Collection[UUID | None]) -> dict[UUID, str]:
    """What the services are called whose webhooks somebody looks after. Raises `forbidden`."""
    require(call.actor, "subscription.read")
    return await store.accounts.names({one for one in client_ids if one})


async def stations_named() -> dict[UUID, Station]:
    """All stations by id, in the order of their codes."""
    return {one.id: one for one in await store.stations.listing(after="", limit=STATIONS_MAX)}


async def topics_named(language: Language, *, open_only: bool = False) -> dict[str, str]:
    """What training topics are called, by code; `open_only`: those that are still trained."""
    return {
        one.code: one.name_en if language == "en" else one.name_zh
        for one in (await store.trainings.topics()).values()
        if one.closed_on is None or not open_only
    }


async def activities_named(activity_ids: Collection[UUID]) -> dict[UUID, Activity]:
    """Published activities by id, as everybody signed in may read them."""
    found = await store.activities.load(activity_ids)
    return {
        one.id: msgspec.structs.replace(one, external_ref="")
        for one in found.values()
        if one.published_at is not None
    }


async def policy_on(day: date) -> Policy:
    """The policy in force on a Shanghai day."""
    return (await store.policies.load()).on(day)
