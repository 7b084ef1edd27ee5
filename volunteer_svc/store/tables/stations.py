"""The table of stations."""

from piccolo.table import Table

from volunteer_svc.store.columns import day, instant, integer, key, reference, text
from volunteer_svc.store.database import ENGINE


class Station(Table, db=ENGINE):
    """社工站; kinds head, station, point, one parent each."""

    id = key()
    code = text(32, unique=True)
    name = text(128)
    kind = text(16)
    parent_id = reference("self", optional=True)
    closed_on = day(optional=True)
    created_at = instant()
    version = integer()
    revision = integer()
