"""Certificates: issued from the books, numbered, replaced, revoked (R16)."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain import certificate as rules
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.certificate import (
    Because,
    CertificateKind,
    CertificateState,
    Statement,
    full_name,
    number_shown,
    period_faults,
    service_statement,
)
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.events import CertificateIssued, CertificateRevoked
from volunteer_svc.domain.hours import hours_shown
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.domain.volunteer import Volunteer
from volunteer_svc.identity import person_keys
from volunteer_svc.identity.permissions import (
    Permission,
    reads_free_text,
    require_staff,
    require_volunteer,
    stations_seen,
)
from volunteer_svc.identity.person_keys import PersonKey
from volunteer_svc.store import database
from volunteer_svc.store.certificates import Certificate, Touched
from volunteer_svc.store.stations import Station

Star = Annotated[int, Meta(ge=1, le=5)]


class IssueCertificate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Both days belong to the period; the station is the one that recorded the hours."""

    station_id: UUID
    from_on: date
    to_on: date


class IssueStar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    star: Star


class RevokeCertificate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: RequiredReason


class CertificateView(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the register; who it is, the volunteer's file says.

    `verify_path`: what the square on it leads to. `because`, `ended_on`: why it no longer holds.
    """

    id: UUID
    number: str
    kind: CertificateKind
    state: CertificateState
    station_id: UUID
    volunteer_id: UUID
    from_on: date | None
    to_on: date | None
    star: int | None
    minutes: int
    hours: str
    issued_on: date
    replaces: UUID | None
    because: Because | None
    ended_on: date | None
    reason: str | None
    verify_path: str | None


@command
async def issue_certificate(
    call: Call, volunteer_id: UUID, request: IssueCertificate
) -> CertificateView:
    """What counts in the period at the station, as the books stand now.

    Free of charge, by the station or by the volunteer himself. One that says the same and is valid
    is answered again; one that says less is superseded. Raises `period_upside_down`,
    `period_in_future`, `no_counted_hours`, `station_unknown`, `state_forbids`, `not_found`,
    `forbidden`.
    """
    require_volunteer(call.actor, "certificate.issue", volunteer_id, request.station_id)
    faults = period_faults(request.from_on, request.to_on, local_date(call.now))
    if faults:
        raise Refusal(*faults)
    station = await store.stations.find(request.station_id)
    if station is None:
        raise refuse("station_unknown", "station_id")
    volunteer = await locked(call, volunteer_id)
    journal = Journal(call, {volunteer_id: volunteer}, await store.policies.load())
    made = await issue_period(
        call, journal, station, volunteer_id, request.from_on, request.to_on, by=_signer(call)
    )
    call.notes.unchanged = not journal.pages.raised
    await journal.write()
    return _view(made, station.code)


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
    """Inside a command, for a locked volunteer of the journal. Raises `no_counted_hours`."""
    stated = await _service(journal.volunteers[volunteer_id], station, from_on, to_on)
    before = await store.certificates.valid_of_period(volunteer_id, station.id, from_on, to_on)
    return await _issue(call, journal, station, volunteer_id, stated, before, by=by)


@command
async def issue_star(call: Call, volunteer_id: UUID, request: IssueStar) -> CertificateView:
    """Of a star that is held now; by the home station. Raises `star_not_held`, `state_forbids`,
    `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "certificate.issue", volunteer_id, home or volunteer_id)
    volunteer = await locked(call, volunteer_id)
    station = await store.stations.find(volunteer.station_id)
    if station is None:
        raise refuse("station_unknown", "station_id")
    stated = await _starred(volunteer, station, request.star)
    before = await store.certificates.valid_of_star(volunteer_id, request.star)
    journal = Journal(call, {volunteer_id: volunteer}, await store.policies.load())
    made = await _issue(
        call, journal, station, volunteer_id, stated, before, by=_signer(call), same=True
    )
    call.notes.unchanged = not journal.pages.raised
    await journal.write()
    return _view(made, station.code)


@command
async def reissue_certificate(call: Call, certificate_id: UUID) -> CertificateView:
    """A new one in its stead, with what the books say now; the old one is superseded.

    Raises `certificate_revoked` (409), `certificate_replaced` (409), `no_counted_hours`,
    `star_not_held`, `state_forbids`, `not_found`, `forbidden`.
    """
    old = await _found(call, "certificate.issue", certificate_id)
    volunteer = await locked(call, old.volunteer_id)
    old = await store.certificates.find(certificate_id) or old
    if old.state == "revoked":
        raise refuse("certificate_revoked", kind="conflict")
    station = await store.stations.find(old.station_id)
    if station is None:
        raise not_found("station")
    if old.from_on is not None and old.to_on is not None:
        stated = await _service(volunteer, station, old.from_on, old.to_on)
        other = await store.certificates.valid_of_period(
            old.volunteer_id, station.id, old.from_on, old.to_on
        )
    else:
        stated = await _starred(volunteer, station, old.star or 0)
        other = await store.certificates.valid_of_star(old.volunteer_id, old.star or 0)
    if await store.certificates.replaced_by(old.id) or (other and other.id != old.id):
        raise refuse("certificate_replaced", kind="conflict")
    journal = Journal(call, {volunteer.id: volunteer}, await store.policies.load())
    made = await _replace(call, journal, station, stated, old, by=_signer(call))
    await journal.write()
    return _view(made, station.code)


@command
async def revoke_certificate(
    call: Call, certificate_id: UUID, request: RevokeCertificate
) -> CertificateView:
    """It should not have been issued; the public page says so from now on.

    Raises `certificate_revoked` (409) for a second time, `own_hours`, `not_found`, `forbidden`.
    """
    staff = require_staff(call.actor, "certificate.revoke")
    old = await _found(call, "certificate.revoke", certificate_id)
    if staff.volunteer_id == await store.volunteers.kept_file(old.volunteer_id):
        raise refuse("own_hours", kind="forbidden")
    volunteers = await store.volunteers.lock([old.volunteer_id])
    today = local_date(call.now)
    if not await store.certificates.revoke(certificate_id, today, staff.id, request.reason):
        raise refuse("certificate_revoked", kind="conflict")
    journal = Journal(call, volunteers, await store.policies.load())
    event = CertificateRevoked(
        certificate_id=old.id,
        volunteer_id=old.volunteer_id,
        station_id=old.station_id,
        revoked_on=today,
    )
    journal.note(old.volunteer_id, event, station_id=old.station_id)
    await journal.write()
    call.notes.changed(None, {"state": old.state}, {"state": "revoked"})
    return await _shown(call, await store.certificates.find(certificate_id) or old)


@reading
async def certificates_of(call: Call, volunteer_id: UUID) -> list[CertificateView]:
    """All of a volunteer's, newest first. Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "certificate.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["certificates"])
    return await _all_shown(call, await store.certificates.of(volunteer_id))


async def served_at(call: Call, volunteer_id: UUID) -> list[tuple[UUID, str]]:
    """Stations that can certify time of his, with their names. Raises `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "certificate.read", volunteer_id, home or volunteer_id)
    return await store.certificates.served_at(volunteer_id)


async def register_of(volunteer_id: UUID) -> list[CertificateView]:
    """For the export of all his data."""
    rows = await store.certificates.of(volunteer_id)
    codes = await store.stations.codes({row.station_id for row in rows})
    return [_view(row, codes[row.station_id]) for row in rows]


@reading
async def certificates(
    call: Call,
    *,
    station_id: UUID | None,
    state: CertificateState | None,
    after: UUID | None,
    limit: int,
    number: tuple[int | None, int] | None = None,
    volunteer_ids: list[UUID] | None = None,
) -> list[CertificateView]:
    """The register of a station, the last first. `number`: year (None: any) and number."""
    where = stations_seen(call.actor, "certificate.read", station_id)
    year, serial = number or (None, None)
    rows = await store.certificates.listing(
        station_id=where, state=state, year=year, number=serial, volunteer_ids=volunteer_ids,
        after=after, limit=limit,
    )  # fmt: skip
    return await _all_shown(call, rows)


@reading
async def read_certificate(call: Call, certificate_id: UUID) -> CertificateView:
    """Raises `not_found`, `forbidden`."""
    found = await _found(call, "certificate.read", certificate_id)
    call.notes.looked(found.volunteer_id, fields=["certificate"])
    return await _shown(call, found)


async def locked(call: Call, volunteer_id: UUID) -> Volunteer:
    """Raises `not_found`, `state_forbids` for somebody erased or merged."""
    volunteer = (await store.volunteers.lock([volunteer_id])).get(volunteer_id)
    if volunteer is None:
        raise not_found("volunteer")
    if not volunteer.is_there:
        state = volunteer.state(local_date(call.now))
        raise refuse("state_forbids", kind="conflict", state=state)
    return volunteer


def opened(key: PersonKey | None, certificate: Certificate) -> Statement | None:
    """What it states; None once its person is erased."""
    if key is None or not certificate.stated_sealed:
        return None
    plain = key.open(certificate.stated_sealed, _field(certificate.id))
    return msgspec.json.decode(plain, type=Statement)


async def find_open_to(
    call: Call, permission: Permission, certificate_id: UUID
) -> tuple[Certificate, Station]:
    """Raises `not_found`, `forbidden`."""
    found = await _found(call, permission, certificate_id)
    station = await store.stations.find(found.station_id)
    if station is None:
        raise not_found("station")
    return found, station


async def _service(volunteer: Volunteer, station: Station, from_on: date, to_on: date) -> Statement:
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


async def _starred(volunteer: Volunteer, station: Station, star: int) -> Statement:
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


async def _name(volunteer_id: UUID) -> str:
    return (await store.people.names([volunteer_id])).get(volunteer_id, "")


async def _issue(
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
    """`same`: a valid one says enough, though the minutes have grown since."""
    if before is None:
        return await _write(call, journal, station, stated, volunteer_id, None, by=by)
    said = opened((await person_keys.of([volunteer_id])).get(volunteer_id), before)
    if said == stated or (same and said is not None and said.name == stated.name):
        return before
    return await _replace(call, journal, station, stated, before, by=by)


async def _replace(
    call: Call,
    journal: Journal,
    station: Station,
    stated: Statement,
    old: Certificate,
    *,
    by: UUID | None,
) -> Certificate:
    if old.state == "valid":
        touched = Touched(old.id, old.volunteer_id, old.station_id)
        await journal.supersede([touched], "re_issued")
    return await _write(call, journal, station, stated, old.volunteer_id, old.id, by=by)


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


def _signer(call: Call) -> UUID | None:
    return call.actor.id if isinstance(call.actor, Staff) else None


def _field(certificate_id: UUID) -> str:
    return f"certificate/{certificate_id}"


async def _found(call: Call, permission: Permission, certificate_id: UUID) -> Certificate:
    found = await store.certificates.find(certificate_id)
    # To a stranger an unknown id and another's look the same.
    whose, where = certificate_id, certificate_id
    if found is not None:
        whose, where = await store.volunteers.kept_file(found.volunteer_id), found.station_id
    require_volunteer(call.actor, permission, whose, where)
    if found is None:
        raise not_found("certificate")
    return found


async def _shown(call: Call, one: Certificate) -> CertificateView:
    (view,) = await _all_shown(call, [one])
    return view


async def _all_shown(call: Call, rows: list[Certificate]) -> list[CertificateView]:
    codes = await store.stations.codes({row.station_id for row in rows})
    # Who reads everything masked is not handed the codes of public pages.
    masked = isinstance(call.actor, Staff) and call.actor.role == "auditor"
    views = [_view(row, codes[row.station_id], masked=masked) for row in rows]
    if reads_free_text(call.actor):
        return views
    return [msgspec.structs.replace(view, reason=None) for view in views]


def _view(row: Certificate, station_code: str, *, masked: bool = False) -> CertificateView:
    return CertificateView(
        id=row.id,
        number=number_shown(station_code, row.year, row.number),
        kind=row.kind,
        state=row.state,
        station_id=row.station_id,
        volunteer_id=row.volunteer_id,
        from_on=row.from_on,
        to_on=row.to_on,
        star=row.star,
        minutes=row.minutes,
        hours=hours_shown(row.minutes),
        issued_on=row.issued_on,
        replaces=row.replaces,
        because=row.because,
        ended_on=row.ended_on,
        reason=row.reason,
        verify_path=None if masked else f"/verify/{row.code}",
    )
