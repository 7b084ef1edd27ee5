"""The register of certificates: issued from the books, read, replaced, revoked (R16)."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import store
from volunteer_svc.actions import issuing
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.journal import Journal
from volunteer_svc.domain.actor import Staff
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.certificate import (
    Because,
    CertificateKind,
    CertificateState,
    number_shown,
    period_faults,
)
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.events import CertificateRevoked
from volunteer_svc.domain.hours import hours_shown
from volunteer_svc.domain.text import RequiredReason
from volunteer_svc.identity.permissions import (
    Permission,
    reads_free_text,
    require_staff,
    require_volunteer,
    stations_seen,
)
from volunteer_svc.store.certificates import Certificate
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
    volunteer = await issuing.locked(call, volunteer_id)
    journal = Journal(call, {volunteer_id: volunteer}, await store.policies.load())
    made = await issuing.issue_period(
        call, journal, station, volunteer_id, request.from_on, request.to_on, by=_signer(call)
    )
    call.notes.unchanged = not journal.pages.raised
    await journal.write()
    return _view(made, station.code)


@command
async def issue_star(call: Call, volunteer_id: UUID, request: IssueStar) -> CertificateView:
    """Of a star that is held now; by the home station. Raises `star_not_held`, `state_forbids`,
    `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "certificate.issue", volunteer_id, home or volunteer_id)
    volunteer = await issuing.locked(call, volunteer_id)
    station = await store.stations.find(volunteer.station_id)
    if station is None:
        raise refuse("station_unknown", "station_id")
    stated = await issuing.of_star(volunteer, station, request.star)
    before = await store.certificates.valid_of_star(volunteer_id, request.star)
    journal = Journal(call, {volunteer_id: volunteer}, await store.policies.load())
    made = await issuing.issue(
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
    volunteer = await issuing.locked(call, old.volunteer_id)
    old = await store.certificates.find(certificate_id) or old
    if old.state == "revoked":
        raise refuse("certificate_revoked", kind="conflict")
    station = await store.stations.find(old.station_id)
    if station is None:
        raise not_found("station")
    if old.from_on is not None and old.to_on is not None:
        stated = await issuing.of_period(volunteer, station, old.from_on, old.to_on)
        other = await store.certificates.valid_of_period(
            old.volunteer_id, station.id, old.from_on, old.to_on
        )
    else:
        stated = await issuing.of_star(volunteer, station, old.star or 0)
        other = await store.certificates.valid_of_star(old.volunteer_id, old.star or 0)
    if await store.certificates.replaced_by(old.id) or (other and other.id != old.id):
        raise refuse("certificate_replaced", kind="conflict")
    journal = Journal(call, {volunteer.id: volunteer}, await store.policies.load())
    made = await issuing.replace(call, journal, station, stated, old, by=_signer(call))
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


async def find_open_to(
    call: Call, permission: Permission, certificate_id: UUID
) -> tuple[Certificate, Station]:
    """Raises `not_found`, `forbidden`."""
    found = await _found(call, permission, certificate_id)
    station = await store.stations.find(found.station_id)
    if station is None:
        raise not_found("station")
    return found, station


def _signer(call: Call) -> UUID | None:
    return call.actor.id if isinstance(call.actor, Staff) else None


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
