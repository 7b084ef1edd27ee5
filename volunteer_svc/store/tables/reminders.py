"""The table of reminders."""

from piccolo.table import Table

from volunteer_svc.store.columns import day, flag, instant, integer, key, reference, text, uuid
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class Reminder(Table, db=ENGINE):
    """Each once: sent to a telephone, or on the station's list."""

    id = key()
    kind = text(32)
    item_id = uuid()
    step = integer()
    volunteer_id = reference(Volunteer, optional=True)
    station_id = reference(Station)
    due_on = day()
    listed = flag()
    made_at = instant()
    due_at = instant(optional=True)
    attempts = integer()
    sent_at = instant(optional=True)
    done_at = instant(optional=True)
