"""The tables of 入会辅导."""

from piccolo.table import Table

from volunteer_svc.store.columns import day, flag, instant, key, reference, text
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.registrations import Registration
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class InductionSession(Table, db=ENGINE):
    """入会辅导: a group session; its attendance makes registered people active."""

    id = key()
    station_id = reference(Station)
    held_on = day()
    place = text(128)
    created_by = reference(Staff)
    created_at = instant()


class Attendance(Table, db=ENGINE):
    id = key()
    session_id = reference(InductionSession)
    volunteer_id = reference(Volunteer, index=True)
    registration_id = reference(Registration)
    counted = flag()
    recorded_by = reference(Staff)
    recorded_at = instant()
    revoked_at = instant(optional=True)
    revoked_by = reference(Staff, optional=True)
    revoked_reason = text(512, optional=True)


class InductionSignUp(Table, db=ENGINE):
    """Who means to come to a session; one at a time."""

    volunteer_id = reference(Volunteer, primary_key=True)
    session_id = reference(InductionSession, index=True)
    signed_up_at = instant()
