"""The tables of uploaded workbooks."""

from piccolo.columns import BigSerial
from piccolo.table import Table

from volunteer_svc.store.columns import (
    instant,
    integer,
    integers,
    json,
    key,
    reference,
    sealed,
    text,
)
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.staff import Staff


class ImportRun(Table, db=ENGINE):
    """An uploaded workbook on its way into the tables."""

    id = key()
    state = text(16, index=True)
    filename = text(255)
    reason = text(512)
    workbook_sealed = sealed(optional=True)
    created_by = reference(Staff)
    approved_by = reference(Staff, optional=True)
    created_at = instant()
    rows_total = integer()
    rows_done = integer()
    lanes_done = integers()
    summary = json(optional=True)
    failure = text(64, optional=True)
    leased_until = instant(optional=True)
    attempts = integer()
    finished_at = instant(optional=True)


class ImportProblem(Table, db=ENGINE):
    """One problem of one row; the same for preview and commit."""

    id = BigSerial(primary_key=True)
    import_id = reference(ImportRun)
    sheet = text(32)
    line = integer()
    row = integer()
    column = text(64, optional=True)
    outcome = text(16)
    code = text(64)
    params = json()
