"""What a person's export holds of his life as a volunteer, besides forms and hours (R5)."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.badges import BadgeView, badge_view
from volunteer_svc.actions.certificates import CertificateView, register_of
from volunteer_svc.actions.complaints import ComplaintView, complaint_view
from volunteer_svc.actions.objections import ObjectionView, objection_view
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.store.awards import Award, Nomination
from volunteer_svc.store.check_ins import CheckIn
from volunteer_svc.store.evaluations import Evaluation
from volunteer_svc.store.files import File
from volunteer_svc.store.positions import Position
from volunteer_svc.store.recognitions import NameConsent
from volunteer_svc.store.signups import Signup
from volunteer_svc.store.trainings import Completion
from volunteer_svc.store.transfers import Proposal, Transfer

_ALL = 100_000


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """An activity signed up for; the title is the activity's."""

    title: str
    signup: Signup


class Attended(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    check_in: CheckIn


class Photo(msgspec.Struct, frozen=True, kw_only=True):
    """A photo of one's own report of hours; the picture itself is downloaded."""

    record_id: UUID
    file: File


class Enlisted(msgspec.Struct, frozen=True, kw_only=True):
    """A training signed up for."""

    title: str
    starts_at: datetime
    signed_up_at: datetime
    withdrawn_at: datetime | None


class InGroup(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    from_on: date
    to_on: date | None


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """`complaints`: those he made; what others said of him names others."""

    transfers: list[Transfer]
    transfer_proposals: list[Proposal]
    sign_ups: list[Planned]
    check_ins: list[Attended]
    photos: list[Photo]
    training_sign_ups: list[Enlisted]
    groups: list[InGroup]
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
        transfer_proposals=await store.transfers.proposals_of(volunteer_id),
        sign_ups=[
            Planned(title=title, signup=one)
            for title, one in await store.exports.sign_ups(volunteer_id)
        ],
        check_ins=[
            Attended(title=title, check_in=one)
            for title, one in await store.exports.check_ins(volunteer_id)
        ],
        photos=[
            Photo(record_id=record_id, file=file)
            for record_id, file in await store.exports.photos(volunteer_id)
        ],
        training_sign_ups=[
            Enlisted(**row) for row in await store.exports.training_sign_ups(volunteer_id)
        ],
        groups=[InGroup(**row) for row in await store.exports.in_groups(volunteer_id)],
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
