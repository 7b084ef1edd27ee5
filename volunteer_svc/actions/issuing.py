"""How a certificate comes to be, inside a command: what it states, its number, its event."""

from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain import certificate as rules
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.certificate import Statement, full_name, number_shown, service_statement
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.events import CertificateIssued
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity import person_keys
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.store import database
from volunteer_svc.store.certificates import Certificate, Touched
from volunteer_svc.store.stations import Station


async def locked(call: Call, volunteer_id: UUID) -> Volunteer:
    """Raises `not_found`, `state_forbids` for somebody erased or merged."""
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    if volunteer is None:
        raise not_found("volunteer")
    if not volunteer.is_there:
        state = volunteer.state(local_date(call.now))
        raise refuse("state_forbids", kind="conflict", state=state)
    return volunteer


async def of_period(
    volunteer: Volunteer, station: Station, from_on: date, to_on: date
) -> Statement:
    """What the books say of both days and all between. Raises `no_counted_hours`."""
    served = await store.certificates.served(volunteer.id, station.id, from_on, to_on)
    stated = service_statement(
        served,
        unit=full_name(station.name),
        name=await _name(volunteer.id),
        member_no=volunteer.member_no or "",
        from_on=from_on,
        to_on=to_on,
    )
    if stated is None:
        raise refuse("no_counted_hours", "from_on")
    return stated


async def of_star(volunteer: Volunteer, station: Station, star: int) -> Statement:
    """Raises `star_not_held`."""
    won = [
        one for one in await store.ledger.stars_of(volunteer.id)
        if one.to_star == star and one.from_star < star
    ]  # fmt: skip
    if volunteer.star < star or not won:
        raise refuse("star_not_held", "star", kind="conflict", star=star)
    return Statement(
        kind="star",
        unit=full_name(station.name),
        name=await _name(volunteer.id),
        member_no=volunteer.member_no or "",
        minutes=volunteer.counted_minutes,
        star=star,
        won_on=won[-1].changed_on,
    )


async def issue_period(
    call: Call,
    journal: Journal,
    station: Station,
    volunteer_id: UUID,
    from_on: date,
    to_on: date,
    *,
    by: UUID | None,
) -> Certificate:
    """For a locked volunteer of the journal; `by`: who signs. Raises `no_counted_hours`."""
    stated = await of_period(journal.volunteers[volunteer_id], station, from_on, to_on)
    before = await store.certificates.valid_of_period(volunteer_id, station.id, from_on, to_on)
    return await issue(call, journal, station, volunteer_id, stated, before, by=by)


async def issue(
    call: Call,
    journal: Journal,
    station: Station,
    volunteer_id: UUID,
    stated: Statement,
    before: Certificate | None,
    *,
    by: UUID | None,
    same: bool = False,
) -> Certificate:
    """`before`: the last one of the same; it stays when it states the same.

    `same`: a valid one says enough, though the minutes have grown since.
    """
    if before is None:
        return await _write(call, journal, station, stated, volunteer_id, None, by=by)
    said = opened((await person_keys.of([volunteer_id])).get(volunteer_id), before)
    if said == stated or (same and said is not None and said.name == stated.name):
        return before
    return await replace(call, journal, station, stated, before, by=by)


async def replace(
    call: Call,
    journal: Journal,
    station: Station,
    stated: Statement,
    old: Certificate,
    *,
    by: UUID | None,
) -> Certificate:
    """A new one in the old one's stead."""
    if old.state == "valid":
        touched = Touched(old.id, old.volunteer_id, old.station_id)
        await journal.supersede([touched], "re_issued")
    return await _write(call, journal, station, stated, old.volunteer_id, old.id, by=by)


def opened(key: PersonKey | None, certificate: Certificate) -> Statement | None:
    """What it states; None once its person is erased."""
    if key is None or not certificate.stated_sealed:
        return None
    plain = key.open(certificate.stated_sealed, _field(certificate.id))
    return msgspec.json.decode(plain, type=Statement)


async def _write(
    call: Call,
    journal: Journal,
    station: Station,
    stated: Statement,
    volunteer_id: UUID,
    replaces: UUID | None,
    *,
    by: UUID | None,
) -> Certificate:
    today = local_date(call.now)
    certificate_id = ids.uuid7()
    key = await person_keys.ensured(volunteer_id)
    made = Certificate(
        id=certificate_id,
        station_id=station.id,
        year=today.year,
        number=await store.certificates.next_number(station.id, today.year),
        kind=stated.kind,
        volunteer_id=volunteer_id,
        code=ids.verification_code(rules.CODE_ALPHABET, rules.CODE_GROUPS, rules.CODE_GROUP),
        from_on=stated.from_on,
        to_on=stated.to_on,
        star=stated.star,
        minutes=stated.minutes,
        issued_on=today,
        issued_at=call.now,
        issued_by=by,
        replaces=replaces,
        state="valid",
        because=None,
        ended_on=None,
        ended_by=None,
        reason=None,
        stated_sealed=key.seal(msgspec.json.encode(stated), _field(certificate_id)),
    )
    try:
        await store.certificates.insert(made)
    except database.Violation:
        raise refuse("certificate_replaced", kind="conflict") from None
    event = CertificateIssued(
        certificate_id=made.id,
        volunteer_id=volunteer_id,
        station_id=station.id,
        kind=made.kind,
        number=number_shown(station.code, made.year, made.number),
        from_on=made.from_on,
        to_on=made.to_on,
        star=made.star,
        minutes=made.minutes,
        issued_on=today,
        replaces=replaces,
    )
    journal.note(volunteer_id, event, station_id=station.id)
    call.notes.changed(f"certificate/{made.id}", volunteer_id=volunteer_id, number=event.number)
    return made


async def _name(volunteer_id: UUID) -> str:
    return (await store.people.names([volunteer_id])).get(volunteer_id, "")


def _field(certificate_id: UUID) -> str:
    return f"certificate/{certificate_id}"
