"""The tables of the events, from the outbox to their digests."""

from piccolo.columns import BigSerial
from piccolo.table import Table

from volunteer_svc.store.columns import (
    big_integer,
    day,
    flag,
    instant,
    integer,
    json,
    key,
    long_text,
    reference,
    text,
    uuid,
)
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.stations import Station


class Outbox(Table, db=ENGINE):
    """Events of running commands; the sequencer moves them, numbered, once they are committed."""

    id = BigSerial(primary_key=True)
    event_id = uuid()
    name = text(64)
    subject = text(64)
    subject_version = integer()
    station_id = uuid(optional=True)
    happened_at = instant()
    correlation_id = long_text(optional=True)
    causation_id = long_text(optional=True)
    traceparent = text(64, optional=True)
    data = long_text()


class EventLog(Table, db=ENGINE):
    """The numbered events: dense, append-only; `body` is the very text every transport carries."""

    seq = big_integer(primary_key=True)
    event_id = uuid()
    name = text(64)
    subject = text(64)
    station_id = uuid(optional=True)
    happened_at = instant()
    body = long_text()


class EventHead(Table, db=ENGINE):
    """One row: where the numbering stands."""

    only = flag(primary_key=True)
    epoch = text(32)
    last_seq = big_integer()
    floor_seq = big_integer()
    first_seq = big_integer()


class Digest(Table, db=ENGINE):
    """What the events of a station (or of none) of a day add up to."""

    id = key()
    station_id = reference(Station, optional=True)
    on = day()
    from_seq = big_integer()
    to_seq = big_integer()
    figures = json()
    made_at = instant()


class RelayMark(Table, db=ENGINE):
    """Where the relay that leads stands on each way, as of its last look."""

    way = text(16, primary_key=True)
    seq = big_integer()
    problem = text(32, optional=True)
    seen_at = instant()
