"""The tables of other services and their keys."""

from piccolo.table import Table

from volunteer_svc.store.columns import instant, key, reference, sealed, text, texts
from volunteer_svc.store.database import ENGINE


class Client(Table, db=ENGINE):
    """Another service and its scopes."""

    id = key()
    name = text(64)
    scopes = texts()
    created_at = instant()
    closed_at = instant(optional=True)
    issuer = text(255, optional=True)
    subject = text(255, optional=True)


class ClientKey(Table, db=ENGINE):
    """A key of another service, stored hashed."""

    key_hash = sealed(primary_key=True)
    client_id = reference(Client)
    hint = text(16)
    created_at = instant()
    expires_at = instant(optional=True)
    last_used_at = instant(optional=True)
