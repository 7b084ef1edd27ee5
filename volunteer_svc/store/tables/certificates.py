"""Tables of certificates, badges and what is printed together."""

from piccolo.columns import BigSerial
from piccolo.table import Table

from volunteer_svc.store.columns import (
    day,
    flag,
    instant,
    integer,
    key,
    long_text,
    reference,
    sealed,
    text,
    uuid,
)
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class CertificateCounter(Table, db=ENGINE):
    """The last number given of a station and year. Its key has two columns."""

    station_id = reference(Station, primary_key=True)
    year = integer()
    last = integer()


class Certificate(Table, db=ENGINE):
    """The register: numbered without gaps per station and year; only the state ever changes.

    `stated_sealed`: all that it states, under its person's key.
    """

    id = key()
    station_id = reference(Station)
    year = integer()
    number = integer()
    kind = text(16)
    volunteer_id = reference(Volunteer)
    code = text(24)
    from_on = day(optional=True)
    to_on = day(optional=True)
    star = integer(optional=True)
    minutes = integer()
    issued_on = day()
    issued_at = instant()
    issued_by = reference(Staff, optional=True)
    replaces = reference("self", optional=True)
    state = text(16)
    because = text(32, optional=True)
    ended_on = day(optional=True)
    ended_by = reference(Staff, optional=True)
    reason = text(512, optional=True)
    stated_sealed = sealed()


class Badge(Table, db=ENGINE):
    """An Open Badge of a star: signed by the worker, revoked by its bit in a status list.

    `revocation_listed`: a signed list tells of it.
    """

    id = key()
    volunteer_id = reference(Volunteer)
    star = integer()
    won_on = day()
    status_index = BigSerial()
    identity_salt = text(64)
    identity_hash = text(80)
    identity_sealed = sealed()
    made_at = instant()
    token = long_text(optional=True)
    revoked_at = instant(optional=True)
    revocation_listed = flag()
    share_code = text(24, optional=True)


class BadgeStatusList(Table, db=ENGINE):
    """A signed list of bits, one for each badge: is it revoked? `revoked`: how many are."""

    number = integer(primary_key=True)
    token = long_text()
    revoked = integer()
    signed_at = instant()
    valid_until = instant()


class BadgeKey(Table, db=ENGINE):
    """A public key that badges were signed with."""

    public_key = sealed(primary_key=True)
    first_used_at = instant()


class CertificateBatch(Table, db=ENGINE):
    """Certificates issued and printed together; the file is sealed with `key_sealed`'s key."""

    id = key()
    station_id = reference(Station)
    from_on = day()
    to_on = day()
    format = text(8)
    asked_by = reference(Staff)
    asked_at = instant()
    state = text(16)
    total = integer()
    done = integer()
    issued = integer()
    printed = integer()
    leased_until = instant(optional=True)
    finished_at = instant(optional=True)
    expires_at = instant(optional=True)
    file_id = uuid(optional=True)
    bytes = integer(optional=True)
    key_sealed = sealed(optional=True)


class CertificateBatchItem(Table, db=ENGINE):
    """One person of a batch. Its key has two columns."""

    batch_id = reference(CertificateBatch, primary_key=True)
    position = integer()
    volunteer_id = reference(Volunteer)
    certificate_id = reference(Certificate, optional=True)
    fault = text(64, optional=True)
