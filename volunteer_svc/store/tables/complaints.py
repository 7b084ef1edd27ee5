"""The tables of complaints and evaluations."""

from piccolo.table import Table

from volunteer_svc.store.columns import day, flag, instant, integer, key, reference, sealed, text
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.hours import ServiceRecord
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class Complaint(Table, db=ENGINE):
    """About a volunteer or by one; what was said is sealed with his key."""

    id = key()
    volunteer_id = reference(Volunteer)
    station_id = reference(Station)
    direction = text(8)
    text_sealed = sealed()
    opened_by = reference(Staff, optional=True)
    opened_at = instant()
    due_on = day()
    due_approximate = flag()
    contact = text(8, optional=True)
    contacted_on = day(optional=True)
    contacted_by = reference(Staff, optional=True)
    contact_sealed = sealed(optional=True)
    outcome = text(16, optional=True)
    outcome_sealed = sealed(optional=True)
    closed_by = reference(Staff, optional=True)
    closed_at = instant(optional=True)
    version = integer()


class Evaluation(Table, db=ENGINE):
    """服务质量评价: a grade and words, of a record or after a complaint."""

    id = key()
    volunteer_id = reference(Volunteer)
    station_id = reference(Station)
    record_id = reference(ServiceRecord, optional=True)
    complaint_id = reference(Complaint, optional=True)
    grade = integer()
    words = text(256)
    evaluated_on = day()
    evaluated_by = reference(Staff)
    evaluated_at = instant()
