"""The tables of the yearly lists and what they are made of."""

from piccolo.table import Table

from volunteer_svc.store.columns import flag, instant, integer, json, key, reference, text
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.staff import Staff
from volunteer_svc.store.tables.stations import Station
from volunteer_svc.store.tables.volunteers import Volunteer


class YearlyMinutes(Table, db=ENGINE):
    """Counted minutes by volunteer, station and year of service: the basis of the lists.

    Its key has three columns, and that of the next table two: Piccolo declares only one.
    """

    volunteer_id = reference(Volunteer, primary_key=True)
    station_id = reference(Station)
    year = integer()
    minutes = integer()


class YearTotal(Table, db=ENGINE):
    """The same over all stations, with an index in the order of the county's list."""

    volunteer_id = key()
    year = integer()
    minutes = integer()


class Recognition(Table, db=ENGINE):
    """The published list of one scope and year; `version` counts its issues."""

    id = key()
    scope = text(16)
    station_id = reference(Station, optional=True)
    year = integer()
    version = integer()


class RecognitionIssue(Table, db=ENGINE):
    """A frozen snapshot: ids, ranks and minutes, who published it and when, who was left out."""

    id = key()
    recognition_id = reference(Recognition)
    version = integer()
    published_by = reference(Staff)
    published_at = instant()
    tied_at_cutoff = flag()
    entries = json()
    exclusions = json()
    on_behalf_of = reference(Staff, optional=True)
