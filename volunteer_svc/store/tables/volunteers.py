"""The tables of volunteers: their totals, and who they are."""

from piccolo.table import Table

from volunteer_svc.store.columns import (
    day,
    instant,
    integer,
    key,
    long_text,
    reference,
    sealed,
    text,
)
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.policies import Policy
from volunteer_svc.store.tables.stations import Station


class Volunteer(Table, db=ENGINE):
    """The running totals of a person, narrow because every sheet locks and rewrites it."""

    id = key()
    member_no = text(8, optional=True, unique=True)
    station_id = reference(Station)
    counted_minutes = integer()
    star = integer()
    rated_under = reference(Policy)
    ledger_seq = integer()
    version = integer()
    revision = integer()
    created_at = instant()
    ledger_hash = sealed()
    erased_on = day(optional=True)
    merged_into = reference("self", optional=True)


class Person(Table, db=ENGINE):
    """Who the volunteer is; secret fields are sealed, the document's keyed hash is unique."""

    volunteer_id = reference(Volunteer, primary_key=True)
    name = text(64, index=True)
    sex = text(1)
    birth_date = day()
    document_kind = text(32)
    document_sealed = sealed()
    document_hash = sealed(unique=True)
    phone_sealed = sealed(optional=True)
    phone_hash = sealed(optional=True, index=True)
    address_sealed = sealed(optional=True)
    area = text(128)
    skills = text(256)
    service_category = text(32, optional=True)
    name_pinyin = long_text(optional=True, index=True)
    language = text(8)
