"""The tables of the trails and the signed heads."""

from piccolo.columns import BigSerial
from piccolo.table import Table

from volunteer_svc.store.columns import (
    big_integer,
    instant,
    integer,
    json,
    key,
    long_text,
    reference,
    sealed,
    text,
    uuid,
)
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.volunteers import Volunteer


class AuditOutbox(Table, db=ENGINE):
    """Entries of running commands; the sequencer chains them once they are committed."""

    outbox_id = BigSerial(primary_key=True)
    trail = text(8)
    id = uuid()
    happened_at = instant()
    actor_kind = text(16)
    actor_id = uuid(optional=True)
    actor_station_id = uuid(optional=True)
    channel = text(16)
    address = text(64, optional=True)
    request_id = text(64, optional=True)
    action = text(64)
    subject = text(64, optional=True)
    detail = long_text()


class AuditEntry(Table, db=ENGINE):
    """Every change: dense, append-only, each entry chained to the one before it."""

    seq = big_integer(primary_key=True)
    id = uuid(unique=True)
    happened_at = instant()
    actor_kind = text(16)
    actor_id = uuid(optional=True)
    actor_station_id = uuid(optional=True)
    channel = text(16)
    address = text(64, optional=True)
    request_id = text(64, optional=True)
    action = text(64)
    subject = text(64, optional=True)
    detail = long_text()
    hash = sealed()


class AccessLog(Table, db=ENGINE):
    """Every reading of a person's file, kept as changes are."""

    seq = big_integer(primary_key=True)
    id = uuid(unique=True)
    happened_at = instant()
    actor_kind = text(16)
    actor_id = uuid(optional=True)
    actor_station_id = uuid(optional=True)
    channel = text(16)
    address = text(64, optional=True)
    request_id = text(64, optional=True)
    action = text(64)
    subject = text(64, optional=True)
    detail = long_text()
    hash = sealed()


class TrailHead(Table, db=ENGINE):
    """Where each trail stands."""

    trail = text(8, primary_key=True)
    last_seq = big_integer()
    last_hash = sealed()


class SignedHead(Table, db=ENGINE):
    """Where all chains stood on a day, signed."""

    number = integer(primary_key=True)
    signed_at = instant()
    body = long_text()
    signature = sealed()
    public_key = sealed()


class Verification(Table, db=ENGINE):
    """A time everything was recomputed from zero, and what was found."""

    id = key()
    started_at = instant()
    finished_at = instant()
    differences = integer()
    first_difference = text(256, optional=True)
    counts = json()


class LedgerMark(Table, db=ENGINE):
    """Where a ledger that had moved stood at a signed head; its key has two columns."""

    head_number = integer(primary_key=True)
    volunteer_id = reference(Volunteer)
    seq = integer()
