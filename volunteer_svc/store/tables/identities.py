"""The tables of mended identities and merged files."""

from piccolo.table import Table

from volunteer_svc.store.columns import instant, key, reference, sealed, text, texts
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.hours import ServiceRecord
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.volunteers import Volunteer


class FormerDocument(Table, db=ENGINE):
    """The document of a duplicate that was merged: it still finds the person."""

    document_hash = sealed(primary_key=True)
    volunteer_id = reference(Volunteer, index=True)


class IdentityCorrection(Table, db=ENGINE):
    """The trail of a mended name, birth date or document; what stood there before is sealed."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    fields = texts()
    before_sealed = sealed()
    reason = text(512)
    corrected_by = reference(Staff)
    corrected_at = instant()


class Merge(Table, db=ENGINE):
    """One person entered twice: whose file was kept; the other's data are sealed."""

    id = key()
    kept_id = reference(Volunteer, index=True)
    duplicate_id = reference(Volunteer)
    before_sealed = sealed()
    reason = text(512)
    merged_by = reference(Staff)
    merged_at = instant()


class MergedRecord(Table, db=ENGINE):
    """Where a duplicate's record went; nowhere when the kept file had these hours already."""

    from_record_id = reference(ServiceRecord, primary_key=True)
    to_record_id = reference(ServiceRecord, optional=True)
    merge_id = reference(Merge)
