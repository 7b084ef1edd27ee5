"""The tables of what a volunteer may ask of his data, and a third party."""

from piccolo.table import Table

from volunteer_svc.store.columns import day, flag, instant, key, reference, sealed, text, texts
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class Erasure(Table, db=ENGINE):
    """Asked for, decided by a second person, done; or done by retention alone."""

    id = key()
    volunteer_id = reference(Volunteer)
    cause = text(16)
    reason = text(512)
    asked_by = reference(Staff, optional=True)
    asked_at = instant()
    state = text(16)
    decided_by = reference(Staff, optional=True)
    decided_at = instant(optional=True)
    decision_reason = text(512, optional=True)


class CorrectionRequest(Table, db=ENGINE):
    """What a volunteer wants corrected in his file, and what came of it."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    station_id = reference(Station)
    text_sealed = sealed()
    asked_at = instant()
    due_on = day()
    due_approximate = flag()
    outcome = text(16, optional=True)
    reason = text(512, optional=True)
    resolved_by = reference(Staff, optional=True)
    resolved_at = instant(optional=True)


class ConsentWithdrawal(Table, db=ENGINE):
    """A consent taken back: by the volunteer himself unless recorded by somebody."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    kind = text(16)
    reason = text(512)
    recorded_by = reference(Staff, optional=True)
    withdrawn_at = instant()


class NameConsent(Table, db=ENGINE):
    """A volunteer may be named outside his station until he takes it back."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    text_version = text(64)
    given_at = instant()
    recorded_by = reference(Staff, optional=True)
    withdrawn_at = instant(optional=True)


class Disclosure(Table, db=ENGINE):
    """A third party's wish to read of a file, by letter, and the head's approval."""

    id = key()
    volunteer_id = reference(Volunteer)
    station_id = reference(Station)
    recipient = text(128)
    letter_reference = text(128)
    fields = texts()
    reason = text(512)
    requested_by = reference(Staff)
    requested_at = instant()
    approved_by = reference(Staff, optional=True)
    approved_at = instant(optional=True)
    on_behalf_of = reference(Staff, optional=True)
    secret = flag()
