"""The table of exports of the record classes."""

from piccolo.table import Table

from volunteer_svc.store.columns import day, instant, integer, key, reference, sealed, text
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.stations import Station


class RecordExport(Table, db=ENGINE):
    """An export of the record classes: asked, how far it is, and the sealed workbook for a day."""

    id = key()
    station_id = reference(Station, optional=True)
    from_on = day()
    until_on = day()
    reason = text(512)
    state = text(16)
    asked_by = reference(Staff)
    asked_at = instant()
    people_total = integer()
    people_done = integer()
    workbook_sealed = sealed(optional=True)
    leased_until = instant(optional=True)
    attempts = integer()
    finished_at = instant(optional=True)
