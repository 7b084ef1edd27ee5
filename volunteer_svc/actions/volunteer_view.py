"""A volunteer as people see him: secrets masked, the name too outside his own station."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call
from volunteer_svc.domain.actor import Self, Staff
from volunteer_svc.domain.calendar import is_minor, local_date
from volunteer_svc.domain.hours import hours_shown
from volunteer_svc.domain.volunteer import State, Volunteer
from volunteer_svc.identity import people, person_keys
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.store.people import SealedPerson


class VolunteerView(msgspec.Struct, frozen=True, kw_only=True):
    """A volunteer as shown: secrets masked; the name masked outside his own station."""

    id: UUID
    member_no: str | None
    station_id: UUID
    state: State
    name: str
    sex: str | None
    birth_date: date | None
    document_kind: str | None
    document_number: str | None
    phone: str | None
    area: str | None
    skills: str | None
    service_category: str | None
    language: str | None
    counted_minutes: int
    counted_hours: str
    star: int
    registered_on: date | None
    induction_due_on: date | None
    inducted_on: date | None
    merged_into: UUID | None
    revision: int


async def shown_one(call: Call, volunteer: Volunteer, *, looked: bool = False) -> VolunteerView:
    (view,) = await shown(call, [volunteer], looked=looked)
    return view


async def shown(
    call: Call, volunteers: Sequence[Volunteer], *, looked: bool = False
) -> list[VolunteerView]:
    """`looked`: at each of them, which the access log keeps; of minors always."""
    wanted = [volunteer.id for volunteer in volunteers]
    persons, keys = await store.people.load(wanted), await person_keys.of(wanted)
    today = local_date(call.now)
    for one in volunteers:
        person = persons.get(one.id)
        if looked or (person is not None and is_minor(person.birth_date, today)):
            call.notes.looked(one.id, fields=["file"])
    return [_view(call, v, persons.get(v.id), keys.get(v.id)) for v in volunteers]


def _view(
    call: Call, volunteer: Volunteer, person: SealedPerson | None, key: PersonKey | None
) -> VolunteerView:
    latest = volunteer.registrations[-1]
    near = isinstance(call.actor, Self) or (
        isinstance(call.actor, Staff)
        and call.actor.role != "auditor"
        and call.actor.station_id in (None, volunteer.station_id)
    )
    known = person if near else None
    return VolunteerView(
        id=volunteer.id,
        member_no=volunteer.member_no,
        station_id=volunteer.station_id,
        state=volunteer.state(local_date(call.now)),
        name=known.name if known else people.masked_name(person.name if person else ""),
        sex=known.sex if known else None,
        birth_date=known.birth_date if known else None,
        document_kind=known.document_kind if known else None,
        document_number=people.masked_document(key, known) if known else None,
        phone=people.masked_phone(key, known) if known else None,
        area=known.area if known else None,
        skills=known.skills if known else None,
        service_category=known.service_category if known else None,
        language=known.language if known else None,
        counted_minutes=volunteer.counted_minutes,
        counted_hours=hours_shown(volunteer.counted_minutes),
        star=volunteer.star,
        registered_on=latest.registered_on,
        induction_due_on=latest.induction_due_on,
        inducted_on=latest.inducted_on,
        merged_into=volunteer.merged_into,
        revision=volunteer.revision,
    )
