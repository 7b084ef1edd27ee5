"""How much waits: one statement of counts."""

from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc.store.database import fetch_row


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """`inductions`: registrations that lapse unless their induction is held soon; `trainings`:
    held, and without an attendance list; `proposals`: transfers that wait for an answer."""

    materials: int
    claims: int
    approvals: int
    requests: int
    inductions: int
    objections: int
    signals: int
    complaints: int
    complaints_overdue: int
    trainings: int
    proposals: int


async def counts(*, today: date, until: date, now: datetime, station_id: UUID | None) -> Counts:
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
                AND ($1::uuid IS NULL OR station_id = $1)) AS signals,
            (SELECT count(*) FROM complaint WHERE closed_at IS NULL
                AND ($1::uuid IS NULL OR station_id = $1)) AS complaints,
            (SELECT count(*) FROM complaint WHERE closed_at IS NULL AND contacted_on IS NULL
                AND due_on < $2 AND ($1::uuid IS NULL OR station_id = $1)) AS complaints_overdue,
            (SELECT count(*) FROM training_session s WHERE ends_at <= $4 AND state = 'planned'
                AND ($1::uuid IS NULL OR station_id = $1) AND NOT EXISTS (
                    SELECT FROM training_completion c WHERE c.session_id = s.id)) AS trainings,
            (SELECT count(*) FROM transfer_proposal WHERE answer IS NULL
                AND ($1::uuid IS NULL OR $1 IN (from_station_id, to_station_id))) AS proposals
        """,
        station_id, today, until, now,
    )  # fmt: skip
    if row is None:
        raise AssertionError("a row of counts")
    return Counts(**row)
