"""The tables of the keys that seal secret fields."""

from piccolo.table import Table

from volunteer_svc.store.columns import instant, reference, sealed, text
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.volunteers import Volunteer


class RingKey(Table, db=ENGINE):
    """A key of the ring by name, with a proof that tells a wrong key of that name."""

    name = text(64, primary_key=True)
    purpose = text(8)
    proof = sealed()
    made_at = instant()
    superseded_at = instant(optional=True)


class PersonKey(Table, db=ENGINE):
    """A person's data key, wrapped by a key of the ring; destroyed by an erasure."""

    volunteer_id = reference(Volunteer, primary_key=True)
    key_name = reference(RingKey, index=True)
    wrapped = sealed()
