"""The tables of honours from outside."""

from piccolo.table import Table

from volunteer_svc.store.columns import day, instant, integer, key, reference, text
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class Nomination(Table, db=ENGINE):
    """The station puts a volunteer forward for an outside honour."""

    id = key()
    volunteer_id = reference(Volunteer)
    station_id = reference(Station)
    honour = text(128)
    awarding_body = text(128)
    reason = text(512)
    evidence_reference = text(256)
    counted_minutes = integer()
    nominated_on = day()
    nominated_by = reference(Staff)
    state = text(16)
    closed_on = day(optional=True)


class Award(Table, db=ENGINE):
    """An honour granted by an outside unit."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    station_id = reference(Station)
    nomination_id = reference(Nomination, optional=True)
    name = text(128)
    granted_by = text(128)
    granted_on = day()
    evidence_reference = text(256)
    recorded_by = reference(Staff)
    recorded_at = instant()
    revoked_on = day(optional=True)
    revoked_by = reference(Staff, optional=True)
    revoke_reason = text(512, optional=True)
