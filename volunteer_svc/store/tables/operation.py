"""The tables of running the service: answers given, alarms raised."""

from piccolo.table import Table

from volunteer_svc.store.columns import big_integer, instant, key, sealed, text
from volunteer_svc.store.database import ENGINE


class IdempotencyKey(Table, db=ENGINE):
    """The answer a command gave under a client's key, written in the command's transaction."""

    key_hash = sealed(primary_key=True)
    body_hash = sealed()
    answer = sealed()
    created_at = instant(index=True)


class Alarm(Table, db=ENGINE):
    """Something that needed an operator; one open row per kind is an incident."""

    id = key()
    kind = text(32)
    reading = big_integer()
    limit = big_integer()
    raised_at = instant()
    ended_at = instant(optional=True)
