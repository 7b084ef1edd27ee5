"""The days of a volunteer's life that no registration tells: moved, trained, honoured."""

from datetime import date
from uuid import UUID

from volunteer_svc import store
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.story import Happened


async def life_days(volunteer_id: UUID, today: date) -> list[Happened]:
    """Inside a reading of his file. In no order; what lies ahead is left out."""
    days: list[Happened] = [
        Happened(one.transferred_on, "transferred", about=str(one.to_station_id))
        for one in await store.transfers.of(volunteer_id)
    ]
    for held in await store.positions.of(volunteer_id):
        days.append(Happened(held.from_on, "appointed", about=held.kind))
        if held.to_on is not None:
            days.append(Happened(held.to_on, "position_ended", about=held.kind))
    for award in await store.awards.of(volunteer_id):
        days.append(Happened(award.granted_on, "awarded", about=award.name))
        if award.revoked_on is not None:
            days.append(Happened(award.revoked_on, "award_revoked", about=award.name))
    days += [
        Happened(one.completed_on, "trained", about=one.topic)
        for one in await store.trainings.completions_of(volunteer_id)
        if one.struck_at is None
    ]
    days += [
        Happened(local_date(one.withdrawn_at), "consent_withdrawn", about=one.kind)
        for one in await store.rights.withdrawals_of(volunteer_id)
    ]
    days += [
        Happened(local_date(one.corrected_at), "identity_corrected")
        for one in await store.identities.corrections_of(volunteer_id)
    ]
    days += [
        Happened(local_date(one.merged_at), "file_merged")
        for one in await store.identities.merges_into(volunteer_id)
    ]
    days += [
        Happened(local_date(revoked_at), "induction_revoked", about=held_on.isoformat())
        for revoked_at, held_on in await store.inductions.revoked_days(volunteer_id)
    ]
    return [one for one in days if one.on <= today]
