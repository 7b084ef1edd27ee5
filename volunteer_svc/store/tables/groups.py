"""The tables of groups and positions."""

from piccolo.table import Table

from volunteer_svc.store.columns import day, instant, key, reference, text
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class VolunteerGroup(Table, db=ENGINE):
    """A group of volunteers of a station."""

    id = key()
    station_id = reference(Station)
    name = text(64)
    made_on = day()
    closed_on = day(optional=True)


class GroupMember(Table, db=ENGINE):
    id = key()
    group_id = reference(VolunteerGroup)
    volunteer_id = reference(Volunteer, index=True)
    from_on = day()
    to_on = day(optional=True)
    added_at = instant()


class Position(Table, db=ENGINE):
    """骨干, 小组长, 组长: who held it from when to when; nobody holds two."""

    id = key()
    volunteer_id = reference(Volunteer, index=True)
    station_id = reference(Station)
    kind = text(16)
    group_id = reference(VolunteerGroup, optional=True)
    from_on = day()
    to_on = day(optional=True)
    reason = text(512)
    appointed_by = reference(Staff)
    ended_by = reference(Staff, optional=True)
    end_reason = text(512, optional=True)
