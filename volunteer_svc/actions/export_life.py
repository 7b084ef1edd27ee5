"""What a person's export holds of his life as a volunteer, besides forms and hours (R5)."""

from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.badges import BadgeView, badge_view
from volunteer_svc.actions.certificates import CertificateView, register_of
from volunteer_svc.actions.complaints import ComplaintView, complaint_view
from volunteer_svc.actions.objections import ObjectionView, objection_view
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.store.awards import Award, Nomination
from volunteer_svc.store.evaluations import Evaluation
from volunteer_svc.store.positions import Position
from volunteer_svc.store.recognitions import NameConsent
from volunteer_svc.store.trainings import Completion
from volunteer_svc.store.transfers import Transfer

_ALL = 100_000


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """`complaints`: those he made; what others said of him names others."""

    transfers: list[Transfer]
    trainings: list[Completion]
    positions: list[Position]
    nominations: list[Nomination]
    awards: list[Award]
    evaluations: list[Evaluation]
    objections: list[ObjectionView]
    complaints: list[ComplaintView]
    name_consents: list[NameConsent]
    certificates: list[CertificateView]
    badges: list[BadgeView]


async def life_of(key: PersonKey, volunteer_id: UUID, today: date) -> Life:
    objections = await store.objections.of(volunteer_id, after=None, limit=_ALL)
    complaints = await store.complaints.by_volunteer(volunteer_id, after=None, limit=_ALL)
    return Life(
        transfers=await store.transfers.of(volunteer_id),
        trainings=await store.trainings.completions_of(volunteer_id),
        positions=await store.positions.of(volunteer_id),
        nominations=await store.awards.nominations_of(volunteer_id),
        awards=await store.awards.of(volunteer_id),
        evaluations=await store.evaluations.of(volunteer_id, after=None, limit=_ALL),
        objections=[objection_view(row, key, today) for row in objections],
        complaints=[complaint_view(row, key, today) for row in complaints],
        name_consents=await store.recognitions.consents_of(volunteer_id),
        certificates=await register_of(volunteer_id),
        badges=[badge_view(row, key) for row in await store.badges.of(volunteer_id)],
    )
