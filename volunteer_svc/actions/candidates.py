"""People who want to come to an activity, with what its gates ask of them."""

from collections.abc import Collection
from uuid import UUID

from volunteer_svc import store
from volunteer_svc.domain.activity import Activity, Candidate


async def candidates(activity: Activity, volunteer_ids: Collection[UUID]) -> dict[UUID, Candidate]:
    """By volunteer; unknown and erased people are left out. Nobody is locked."""
    volunteers = await store.volunteers.load(volunteer_ids)
    births = await store.signups.births(volunteers)
    held = (
        await store.trainings.valid_topics(volunteers, activity.held_on)
        if activity.required_topics
        else {}
    )
    return {
        one.id: Candidate(
            volunteer=one,
            birth_date=births[one.id].birth_date,
            guardian_consents=births[one.id].guardian_consents,
            held_topics=held.get(one.id, frozenset()),
        )
        for one in volunteers.values()
        if one.id in births
    }
