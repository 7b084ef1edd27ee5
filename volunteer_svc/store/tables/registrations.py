"""The tables of enrolments, from an open form to its materials."""

from piccolo.table import Table

from volunteer_svc.store.columns import day, flag, instant, integer, key, reference, sealed, text
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class Intake(Table, db=ENGINE):
    """An open registration handed in; a worker makes a registration or a claim of it."""

    id = key()
    form_sealed = sealed()
    received_at = instant()
    due_at = instant(index=True)
    tries = integer()


class Registration(Table, db=ENGINE):
    """One enrolment of a volunteer; `number` counts them from 1."""

    id = key()
    volunteer_id = reference(Volunteer)
    number = integer()
    station_id = reference(Station)
    channel = text(16)
    receipt = text(16, unique=True)
    form_sealed = sealed()
    rules_version = text(64)
    household_local = flag()
    applied_on = day()
    expires_on = day()
    registered_on = day(optional=True)
    induction_due_on = day(optional=True)
    attended_on = day(optional=True)
    inducted_on = day(optional=True)
    declined_on = day(optional=True)
    decline_reason = text(512, optional=True)
    ended_on = day(optional=True)
    end_reason = text(512, optional=True)
    lapse_announced_on = day(optional=True)
    entered_by = reference(Staff, optional=True)
    received_at = instant()
    revision = integer()


class Material(Table, db=ENGINE):
    """What was handed in of one item of a registration."""

    id = key()
    registration_id = reference(Registration)
    item = text(32)
    original_seen_by = reference(Staff, optional=True)
    original_seen_at = instant(optional=True)
    copy_received_at = instant(optional=True)


class Claim(Table, db=ENGINE):
    """An open registration of somebody already known; staff resolve it."""

    id = key()
    receipt = text(16, unique=True)
    volunteer_id = reference(Volunteer)
    station_id = reference(Station, index=True)
    form_sealed = sealed()
    received_at = instant()
    resolved_at = instant(optional=True)
    resolved_by = reference(Staff, optional=True)
