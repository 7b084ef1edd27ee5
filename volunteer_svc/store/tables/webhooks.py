"""The tables of webhook endpoints and what is delivered to them."""

from piccolo.columns import BigSerial
from piccolo.table import Table

from volunteer_svc.store.columns import (
    big_integer,
    flag,
    instant,
    integer,
    key,
    long_text,
    reference,
    sealed,
    text,
    texts,
    uuid,
    uuids,
)
from volunteer_svc.store.database import ENGINE
from volunteer_svc.store.tables.clients import Client
from volunteer_svc.store.tables.staff import Staff


class Endpoint(Table, db=ENGINE):
    """Where webhooks go, for whom, and which; of a client, or of the staff who made it.

    `from_seq`: the first event it is to have. `undelivered_seq`: the first one owed when it was
    disabled or its address changed. `version` counts its events, `revision` its edits.
    """

    id = key()
    client_id = reference(Client, optional=True)
    made_by = reference(Staff, optional=True)
    url = text(2048)
    description = text(128)
    types = texts()
    stations = uuids()
    sensitive = flag()
    on_failure = text(8)
    state = text(16)
    state_reason = text(32, optional=True)
    created_at = instant()
    verified_at = instant(optional=True)
    from_seq = big_integer()
    undelivered_seq = big_integer(optional=True)
    version = integer()
    revision = integer()


class EndpointSecret(Table, db=ENGINE):
    """What signs the deliveries of an endpoint; one that goes on, at most one that ends."""

    id = key()
    endpoint_id = reference(Endpoint)
    secret_sealed = sealed()
    made_at = instant()
    ends_at = instant(optional=True)


class EndpointHealth(Table, db=ENGINE):
    """How an endpoint has answered of late; apart, because every delivery may rewrite it."""

    endpoint_id = reference(Endpoint, primary_key=True)
    failures = integer()
    failing_since = instant(optional=True)
    last_success_at = instant(optional=True)
    wait_until = instant(optional=True)


class Lane(Table, db=ENGINE):
    """What waits for an endpoint, by subject: the event at the head and the last one behind it.

    Its key has two columns. `claim` changes with every claim: who comes back with an older one
    has been overtaken. Samples have a body of their own and no number.
    """

    endpoint_id = reference(Endpoint, primary_key=True)
    name = text(96)
    kind = text(16)
    subject = text(64, optional=True)
    head_seq = big_integer(optional=True)
    tail_seq = big_integer(optional=True)
    event_id = uuid(optional=True)
    body = long_text(optional=True)
    attempts = integer()
    claim = big_integer()
    due_at = instant()


class FanOut(Table, db=ENGINE):
    """One row: up to which event lanes have been laid."""

    only = flag(primary_key=True)
    fanned_seq = big_integer()


class DeliveryAttempt(Table, db=ENGINE):
    """An attempt and what the endpoint answered; kept for a while."""

    id = BigSerial(primary_key=True)
    endpoint_id = reference(Endpoint)
    event_id = uuid()
    sequence = big_integer(optional=True)
    kind = text(16)
    number = integer()
    at = instant(index=True)
    milliseconds = integer()
    verdict = text(16)
    status = integer(optional=True)
    fault = text(32, optional=True)
    answer = text(512)
