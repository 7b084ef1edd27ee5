"""The tables of those who operate the service, and of whom their work passes to."""

from piccolo.table import Table

from volunteer_svc.store.columns import day, instant, key, reference, text, uuid
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class Staff(Table, db=ENGINE):
    """An account of somebody who operates the service.

    It has a password, or is known to single sign-on as `subject` of `issuer`; never both.
    `password_expires_at`: of a password that the administrator gave out.
    """

    id = key()
    username = text(64, unique=True)
    display_name = text(64)
    password_hash = text(256, optional=True)
    role = text(16)
    station_id = reference(Station, optional=True)
    volunteer_id = reference(Volunteer, optional=True)
    created_at = instant()
    closed_at = instant(optional=True)
    password_expires_at = instant(optional=True)
    issuer = text(255, optional=True)
    subject = text(255, optional=True)


class Delegation(Table, db=ENGINE):
    """A head lets a colleague decide in his stead, from one day to another, both included."""

    id = key()
    station_id = reference(Station)
    from_staff = reference(Staff)
    to_staff = reference(Staff)
    from_on = day()
    to_on = day()
    reason = text(512)
    made_at = instant()
    ended_at = instant(optional=True)
    ended_by = reference(Staff, optional=True)


class Closing(Table, db=ENGINE):
    """An order to close all accounts of a station on a day: its contractor changes."""

    id = key()
    station_id = reference(Station)
    closes_on = day()
    reason = text(512)
    ordered_by = reference(Staff)
    ordered_at = instant()
    done_at = instant(optional=True)


class Departure(Table, db=ENGINE):
    """Why an account was closed, by whom, and who has its open work now."""

    id = key()
    staff_id = reference(Staff)
    reason = text(512)
    left_at = instant()
    closed_by = reference(Staff)
    handed_to = reference(Staff, optional=True)
    closing_id = reference(Closing, optional=True)


class HandOver(Table, db=ENGINE):
    """One piece of open work and who looks after it from then on; the latest row holds."""

    id = key()
    departure_id = reference(Departure)
    kind = text(16)
    item_id = uuid()
    to_staff = reference(Staff)
