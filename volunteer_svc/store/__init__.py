"""PostgreSQL: rows in, domain structs out; no rules.

One row at a time goes through Piccolo's queries; batches and locks are SQL on Piccolo's
connection, a statement per table however many rows.
"""

from volunteer_svc.store import (
    accounts,
    claims,
    corrections,
    disclosures,
    erasures,
    exports,
    heads,
    idempotency,
    identities,
    imports,
    inductions,
    ledger,
    outbox,
    people,
    person_keys,
    policies,
    recognitions,
    registrations,
    rights,
    ring_keys,
    service_records,
    stations,
    trails,
    volunteers,
)

__all__ = [
    "accounts",
    "claims",
    "corrections",
    "disclosures",
    "erasures",
    "exports",
    "heads",
    "idempotency",
    "identities",
    "imports",
    "inductions",
    "ledger",
    "outbox",
    "people",
    "person_keys",
    "policies",
    "recognitions",
    "registrations",
    "rights",
    "ring_keys",
    "service_records",
    "stations",
    "trails",
    "volunteers",
]
