"""Certificates on paper and on the public page: drawn anew from what was stated when issued."""

from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.certificates import find_open_to
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.actions.issuing import opened
from volunteer_svc.domain.certificate import (
    CertificateKind,
    CertificateState,
    Statement,
    full_name,
    normalise_code,
    number_shown,
)
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.hours import hours_shown
from volunteer_svc.identity import people, person_keys
from volunteer_svc.printing import paper, press
from volunteer_svc.printing.paper import Sheet
from volunteer_svc.store.certificates import Certificate


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody may know who holds the code. `name`: masked; all stars once it is erased.

    `ended_on`: since when it is superseded or revoked. Minutes; hours are rounded down.
    """

    number: str
    kind: CertificateKind
    state: CertificateState
    title: str
    unit: str
    name: str
    from_on: date | None
    to_on: date | None
    star: int | None
    minutes: int
    hours: str
    issued_on: date
    ended_on: date | None


async def print_certificate(call: Call, certificate_id: UUID, origin: str) -> tuple[str, bytes]:
    """Its number and the PDF, the same bytes each time; across one that no longer holds that is
    written. Raises `certificate_erased` (409), `busy`, `not_found`, `forbidden`."""
    sheet, stamp = await _sheet_to_print(call, certificate_id, origin)
    content = await press.drawn(sheet.stated.kind, paper.certificates([sheet]), stamp=stamp)
    return sheet.number, content


@reading
async def _sheet_to_print(call: Call, certificate_id: UUID, origin: str) -> tuple[Sheet, int]:
    found, station = await find_open_to(call, "certificate.read", certificate_id)
    stated = await stated_in(found)
    if stated is None:
        raise refuse("certificate_erased", kind="conflict")
    call.notes.looked(found.volunteer_id, fields=["certificate"])
    return sheet_of(found, stated, station.code, origin), int(found.issued_at.timestamp())


def sheet_of(found: Certificate, stated: Statement, station_code: str, origin: str) -> Sheet:
    return Sheet(
        number=number_shown(station_code, found.year, found.number),
        code=found.code,
        url=f"{origin}/verify/{found.code}",
        state=found.state,
        issued_on=found.issued_on,
        stated=stated,
    )


async def stated_in(found: Certificate) -> Statement | None:
    """None once its person is erased."""
    keys = await person_keys.of([found.volunteer_id])
    return opened(keys.get(found.volunteer_id), found)


async def verify(code: str) -> Verification:
    """For everybody, without signing in. Raises `certificate_unknown` (404), alike for a code that
    was never given and for what is none."""
    normal = normalise_code(code)
    found = await store.certificates.by_code(normal) if normal else None
    if found is None:
        raise refuse("certificate_unknown", "code", kind="not_found")
    station = await store.stations.find(found.station_id)
    if station is None:
        raise not_found("station")
    stated = await stated_in(found)
    unit = stated.unit if stated else full_name(station.name)
    plain = Statement(kind=found.kind, unit=unit, name="", member_no="", minutes=found.minutes)
    return Verification(
        number=number_shown(station.code, found.year, found.number),
        kind=found.kind,
        state=found.state,
        title=plain.title,
        unit=unit,
        name=people.masked_name(stated.name if stated else ""),
        from_on=found.from_on,
        to_on=found.to_on,
        star=found.star,
        minutes=found.minutes,
        hours=hours_shown(found.minutes),
        issued_on=found.issued_on,
        ended_on=found.ended_on,
    )
