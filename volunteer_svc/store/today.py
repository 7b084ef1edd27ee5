"""How much waits: one statement of counts."""

from datetime import date
from uuid import UUID

import msgspec

from volunteer_svc.store.database import fetch_row


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """`inductions`: registrations that lapse unless their induction is held soon."""

    materials: int
    claims: int
    approvals: int
    requests: int
    inductions: int
    objections: int
    signals: int


async def counts(*, today: date, until: date, station_id: UUID | None) -> Counts:
    """Of a station, or of all (None); `until`: the last due day of inductions counted."""
    row = await fetch_row(
        """
        SELECT
            (SELECT count(*) FROM registration WHERE ($1::uuid IS NULL OR station_id = $1)
                AND registered_on IS NULL AND declined_on IS NULL AND expires_on >= $2::date
            ) AS materials,
            (SELECT count(*) FROM claim WHERE resolved_at IS NULL
                AND ($1::uuid IS NULL OR station_id = $1)) AS claims,
            (SELECT count(*) FROM service_record WHERE state = 'waiting'
                AND ($1::uuid IS NULL OR station_id = $1))
            + (SELECT count(*) FROM correction WHERE state = 'waiting'
                AND ($1::uuid IS NULL OR station_id = $1)) AS approvals,
            (SELECT count(*) FROM correction_request WHERE resolved_at IS NULL
                AND ($1::uuid IS NULL OR station_id = $1)) AS requests,
            (SELECT count(*) FROM registration WHERE induction_due_on BETWEEN $2 AND $3::date
                AND inducted_on IS NULL AND declined_on IS NULL AND ended_on IS NULL
                AND ($1::uuid IS NULL OR station_id = $1)) AS inductions,
            (SELECT count(*) FROM objection WHERE closed_at IS NULL
                AND ($1::uuid IS NULL OR station_id = $1)) AS objections,
            (SELECT count(*) FROM review_signal WHERE state = 'open'
                AND ($1::uuid IS NULL OR station_id = $1)) AS signals
        """,
        station_id, today, until,
    )  # fmt: skip
    if row is None:
        raise AssertionError("a row of counts")
    return Counts(**row)
