"""PostgreSQL: rows in, domain structs out; no rules.

One row at a time goes through Piccolo's queries; batches and locks are SQL on Piccolo's
connection, a statement per table however many rows.
"""

from volunteer_svc.store import (
    accounts,
    claims,
    corrections,
    disclosures,
    heads,
    idempotency,
    imports,
    inductions,
    intake,
    ledger,
    outbox,
    people,
    policies,
    recognitions,
    registrations,
    sent_codes,
    service_records,
    sessions,
    sign_in_attempts,
    staff_codes,
    stations,
    trails,
    volunteers,
)

__all__ = [
    "accounts",
    "claims",
    "corrections",
    "disclosures",
    "heads",
    "idempotency",
    "imports",
    "inductions",
    "intake",
    "ledger",
    "outbox",
    "people",
    "policies",
    "recognitions",
    "registrations",
    "sent_codes",
    "service_records",
    "sessions",
    "sign_in_attempts",
    "staff_codes",
    "stations",
    "trails",
    "volunteers",
]
