"""Events of certificates: issued, and ended."""

from datetime import date
from typing import Literal
from uuid import UUID

from volunteer_svc.domain.events.event import Event


class CertificateIssued(Event, frozen=True, kw_only=True):
    """A certificate of service time (with its period) or of a star.

    `number` counts the certificates of a station and year; `replaces`: one it stands in for.
    """

    NAME = "certificate.issued"
    certificate_id: UUID
    volunteer_id: UUID
    station_id: UUID
    kind: Literal["service_time", "star"]
    number: str
    from_on: date | None = None
    to_on: date | None = None
    star: int | None = None
    minutes: int
    issued_on: date
    replaces: UUID | None = None


class CertificateSuperseded(Event, frozen=True, kw_only=True):
    """What it states is no longer what the books say, or a new one stands in for it."""

    NAME = "certificate.superseded"
    certificate_id: UUID
    volunteer_id: UUID
    station_id: UUID
    because: Literal["corrected", "star_lost", "re_issued", "identity_corrected"]
    superseded_on: date


class CertificateRevoked(Event, frozen=True, kw_only=True):
    """It should not have been issued; the reason stays with the station."""

    NAME = "certificate.revoked"
    certificate_id: UUID
    volunteer_id: UUID
    station_id: UUID
    revoked_on: date
