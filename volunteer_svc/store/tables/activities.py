"""The tables of planned services and of who comes."""

from piccolo.table import Table

from volunteer_svc.store.columns import (
    big_integer,
    flag,
    instant,
    integer,
    key,
    reference,
    sealed,
    text,
    texts,
    uuid,
)
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class Activity(Table, db=ENGINE):
    """A planned service: who may come, how many, and how many have a place."""

    id = key()
    station_id = reference(Station)
    series_id = uuid(optional=True)
    state = text(16)
    kind = text(32)
    form = text(32)
    title = text(128)
    started_at = instant()
    ended_at = instant()
    place = text(128)
    leader = text(64)
    capacity = integer()
    risk_notice = text(2000)
    required_topics = texts()
    minimum_age = integer(optional=True)
    hazardous = flag()
    insurance_reference = text(128)
    external_ref = text(128)
    confirmed = integer()
    signups = integer()
    created_by = reference(Staff)
    created_at = instant()
    published_at = instant(optional=True)
    cancelled_at = instant(optional=True)
    cancel_reason = text(512)
    version = integer()
    revision = integer()


class Signup(Table, db=ENGINE):
    """Somebody's place, or one on the waiting list; `number` is the order of arrival."""

    id = key()
    activity_id = reference(Activity)
    volunteer_id = reference(Volunteer)
    number = integer()
    state = text(16)
    entered_by = reference(Staff, optional=True)
    entered_at = instant()
    confirmed_at = instant(optional=True)
    ended_at = instant(optional=True)
    ended_by = reference(Staff, optional=True)
    end_reason = text(512)


class ActivityNotice(Table, db=ENGINE):
    """What somebody is to be told of an activity he signed up for."""

    id = key()
    activity_id = reference(Activity)
    volunteer_id = reference(Volunteer)
    kind = text(16)
    made_at = instant()
    read_at = instant(optional=True)


class CheckIn(Table, db=ENGINE):
    """Somebody there, from when to when, and the record that came of it."""

    id = key()
    activity_id = reference(Activity)
    volunteer_id = reference(Volunteer)
    state = text(16)
    in_at = instant()
    in_by = reference(Staff, optional=True)
    out_at = instant(optional=True)
    out_by = reference(Staff, optional=True)
    record_id = uuid(optional=True)
    fault = text(64, optional=True)


class UsedCode(Table, db=ENGINE):
    """A code of the site serves a person once in and once out; its key has four columns."""

    activity_id = reference(Activity, primary_key=True)
    volunteer_id = reference(Volunteer)
    direction = text(4)
    step = big_integer()


class CalendarFeed(Table, db=ENGINE):
    """A volunteer's calendar under a secret address; the secret itself is never stored."""

    volunteer_id = reference(Volunteer, primary_key=True)
    token_hash = sealed(unique=True)
    made_at = instant()
