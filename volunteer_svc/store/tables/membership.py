"""The tables of what changes a membership without ending it."""

from piccolo.table import Table

from volunteer_svc.store.columns import day, instant, key, reference, text
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class Suspension(Table, db=ENGINE):
    id = key()
    volunteer_id = reference(Volunteer, index=True)
    from_on = day()
    to_on = day(optional=True)
    reason = text(512)
    decided_by = reference(Staff)


class Transfer(Table, db=ENGINE):
    """From one home station to another, with the volunteer's consent."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    from_station_id = reference(Station)
    to_station_id = reference(Station)
    transferred_on = day()
    consented_on = day()
    consent_given = text(16)
    reason = text(512)
    recorded_by = reference(Staff, optional=True)
    recorded_at = instant()


class TransferProposal(Table, db=ENGINE):
    """Another home station, proposed to a volunteer by the desk, until he answers."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    from_station_id = reference(Station)
    to_station_id = reference(Station)
    reason = text(512)
    proposed_by = reference(Staff)
    proposed_at = instant()
    answer = text(16, optional=True)
    answer_reason = text(512)
    answered_at = instant(optional=True)
    transfer_id = reference(Transfer, optional=True)
