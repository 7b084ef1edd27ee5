"""The tables of what the rules count with: numbers and working days."""

from piccolo.table import Table

from volunteer_svc.store.columns import day, flag, instant, json, text, uuid
from volunteer_svc.store.database import ENGINE


class Policy(Table, db=ENGINE):
    """The numbers of the rules by version and date."""

    version = text(64, primary_key=True)
    valid_from = day(unique=True)
    numbers = json()
    reason = text(512, optional=True)
    planned_by = uuid(optional=True)
    planned_at = instant(optional=True)
    activated_at = instant(optional=True)


class Holiday(Table, db=ENGINE):
    """Days that differ from the plain week: holidays, and weekend days that are worked."""

    on = day(primary_key=True)
    is_workday = flag()
    name = text(32)
