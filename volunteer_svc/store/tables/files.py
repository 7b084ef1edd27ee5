"""The tables of files."""

from piccolo.table import Table

from volunteer_svc.store.columns import instant, integer, key, reference, text
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.hours import ServiceRecord
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.volunteers import Volunteer


class File(Table, db=ENGINE):
    """A photo or a document's copy; its bytes are in the object store under the id, sealed."""

    id = key()
    volunteer_id = reference(Volunteer)
    kind = text(32)
    bytes = integer()
    width = integer()
    height = integer()
    stored_at = instant()
    stored_by = reference(Staff, optional=True)
    removed_at = instant(optional=True)
    removed_by = reference(Staff, optional=True)


class RecordPhoto(Table, db=ENGINE):
    """A photo that belongs to a report of hours."""

    file_id = reference(File, primary_key=True)
    record_id = reference(ServiceRecord, index=True)
