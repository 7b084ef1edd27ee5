"""The tables of 服务技能辅导."""

from piccolo.table import Table

from volunteer_svc.store.columns import day, flag, instant, integer, key, reference, text, texts
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class TrainingTopic(Table, db=ENGINE):
    """What is trained, and for how many months it holds."""

    code = text(32, primary_key=True)
    name_zh = text(64)
    name_en = text(64)
    kind = text(16)
    validity_months = integer(optional=True)
    closed_on = day(optional=True)


class TrainingSession(Table, db=ENGINE):
    """服务技能辅导: a session on one or more topics by an invited professional."""

    id = key()
    station_id = reference(Station)
    title = text(128)
    topics = texts()
    starts_at = instant()
    ends_at = instant()
    place = text(128)
    trainer = text(128)
    organiser = text(128)
    capacity = integer(optional=True)
    by_priority = flag()
    state = text(16)
    cancel_reason = text(512, optional=True)
    created_by = reference(Staff)
    created_at = instant()


class TrainingSignup(Table, db=ENGINE):
    """Who wants to come; the places follow from `number` and `priority`."""

    id = key()
    session_id = reference(TrainingSession)
    volunteer_id = reference(Volunteer, index=True)
    number = integer()
    priority = integer()
    signed_up_at = instant()
    withdrawn_at = instant(optional=True)


class TrainingCompletion(Table, db=ENGINE):
    """A topic completed by attending a session, and the last day on which it holds."""

    id = key()
    session_id = reference(TrainingSession)
    volunteer_id = reference(Volunteer)
    topic = reference(TrainingTopic)
    completed_on = day()
    valid_until = day(optional=True)
    recorded_by = reference(Staff)
    recorded_at = instant()
    struck_at = instant(optional=True)
    struck_by = reference(Staff, optional=True)
    struck_reason = text(512, optional=True)
