"""The tables of service hours: records, the ledger and what changes them."""

from piccolo.table import Table

from volunteer_svc.store.columns import (
    day,
    flag,
    instant,
    integer,
    json,
    key,
    reference,
    sealed,
    text,
    uuid,
    uuids,
)
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.imports import ImportRun
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class ServiceRecord(Table, db=ENGINE):
    """One stint of one volunteer. `minutes` as entered, `standing_minutes` after corrections."""

    id = key()
    volunteer_id = reference(Volunteer)
    station_id = reference(Station)
    served_on = day()
    started_at = instant(optional=True)
    ended_at = instant(optional=True)
    break_minutes = integer()
    minutes = integer()
    standing_minutes = integer()
    evidence = text(16)
    evidence_reference = text(256)
    state = text(16)
    level = text(16, optional=True)
    why = text(32, optional=True)
    late = flag()
    late_reason = text(512)
    title = text(128)
    kind = text(32, optional=True)
    place = text(128)
    leader = text(64)
    content = text(2000)
    external_ref = text(128)
    entered_by = reference(Staff, optional=True)
    entered_at = instant()
    decided_by = reference(Staff, optional=True)
    decided_at = instant(optional=True)
    decision_reason = text(512, optional=True)
    import_id = reference(ImportRun, optional=True)
    import_key = sealed(optional=True)
    on_behalf_of = reference(Staff, optional=True)
    activity_id = uuid(optional=True)
    sheet_id = uuid(optional=True)


class Correction(Table, db=ENGINE):
    """A change of a record's minutes: asked, and counted, waiting or rejected."""

    id = key()
    record_id = reference(ServiceRecord)
    volunteer_id = reference(Volunteer)
    station_id = reference(Station)
    minutes_before = integer()
    minutes_after = integer()
    state = text(16)
    level = text(16, optional=True)
    why = text(32, optional=True)
    reason = text(512)
    requested_by = text(128)
    entered_by = reference(Staff)
    entered_at = instant()
    decided_by = reference(Staff, optional=True)
    decided_at = instant(optional=True)
    decision_reason = text(512, optional=True)
    on_behalf_of = reference(Staff, optional=True)


class Objection(Table, db=ENGINE):
    """What a volunteer says is wrong with a record of his, and the station's answer."""

    id = key()
    record_id = reference(ServiceRecord)
    volunteer_id = reference(Volunteer, index=True)
    station_id = reference(Station)
    text_sealed = sealed()
    entered_by = reference(Staff, optional=True)
    opened_at = instant()
    due_on = day()
    due_approximate = flag()
    outcome = text(16, optional=True)
    reason = text(512, optional=True)
    closed_by = reference(Staff, optional=True)
    closed_at = instant(optional=True)


class Undo(Table, db=ENGINE):
    """A sheet or an import taken back: asked, decided, and how far it is."""

    id = key()
    kind = text(16)
    target_id = uuid()
    station_id = reference(Station, optional=True)
    reason = text(512)
    state = text(16)
    asked_by = reference(Staff)
    asked_at = instant()
    decided_by = reference(Staff, optional=True)
    decided_at = instant(optional=True)
    decision_reason = text(512)
    records_total = integer()
    records_done = integer()
    reversed = integer()
    rejected = integer()
    left_over = integer()
    last_record_id = uuid(optional=True)
    finished_at = instant(optional=True)


class ReviewSignal(Table, db=ENGINE):
    """Something somebody should look at: the rule, its records, and what came of it."""

    id = key()
    rule = text(32)
    fingerprint = text(160, unique=True)
    station_id = reference(Station)
    volunteer_id = reference(Volunteer, optional=True)
    recorder_id = reference(Staff, optional=True)
    record_ids = uuids()
    facts = json()
    found_at = instant()
    state = text(16)
    decided_by = reference(Staff, optional=True)
    decided_at = instant(optional=True)
    reason = text(512)
    correction_id = reference(Correction, optional=True)
    undo_id = reference(Undo, optional=True)


class LedgerEntry(Table, db=ENGINE):
    """时数台账: append-only minutes per volunteer, dense by `seq`; the totals are its sum."""

    id = key()
    volunteer_id = uuid()
    seq = integer()
    record_id = reference(ServiceRecord)
    correction_id = reference(Correction, optional=True)
    kind = text(16)
    minutes_delta = integer()
    balance = integer()
    station_id = uuid()
    served_on = day()
    entered_at = instant()
    hash = sealed()
