"""Entries as a reviewer sees them, and the signals that came of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from volunteer_svc import ids
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.policy import Policies
from volunteer_svc.domain.review import Day, Entered, ReviewRule, Signal
from volunteer_svc.store.database import execute, fetch, fetch_row


class ReviewSignal(msgspec.Struct, frozen=True, kw_only=True):
    """`facts`: the numbers that made it one. `acted`: a correction or an undo came of it."""

    id: UUID
    rule: ReviewRule
    station_id: UUID
    volunteer_id: UUID | None
    recorder_id: UUID | None
    record_ids: list[UUID]
    facts: dict[str, int | str]
    found_at: datetime
    state: Literal["open", "dismissed", "acted"]
    decided_by: UUID | None
    decided_at: datetime | None
    reason: str
    correction_id: UUID | None
    undo_id: UUID | None


_ROW = ", ".join("facts::text" if f == "facts" else f for f in ReviewSignal.__struct_fields__)


def _row(row: Any) -> ReviewSignal:
    return ReviewSignal(**{**row, "facts": msgspec.json.decode(row["facts"])})


async def entered(since: datetime, policies: Policies, limit: int) -> list[Entered]:
    """Entries of sheets since then, in the order they were entered. Imports are left out: two
    people of the county have looked at each."""
    rows = await fetch(
        """
        SELECT r.id, r.volunteer_id, r.station_id, r.entered_by, r.served_on, r.entered_at,
            r.standing_minutes, v.counted_minutes, v.rated_under, EXISTS (SELECT FROM staff s
                WHERE s.volunteer_id = r.volunteer_id AND s.closed_at IS NULL
                    AND s.station_id = r.station_id) AS of_staff
        FROM service_record r JOIN volunteer v ON v.id = r.volunteer_id
        WHERE r.entered_at >= $1 AND r.state IN ('counted', 'waiting') AND r.import_id IS NULL
            AND r.entered_by IS NOT NULL
        ORDER BY r.id LIMIT $2
        """,
        since, limit,
    )  # fmt: skip
    return [
        Entered(
            record_id=row["id"],
            volunteer_id=row["volunteer_id"],
            station_id=row["station_id"],
            recorder_id=row["entered_by"],
            served_on=row["served_on"],
            entered_on=local_date(row["entered_at"]),
            minutes=row["standing_minutes"],
            total=row["counted_minutes"],
            star_minutes=policies.named(row["rated_under"]).star_minutes,
            of_staff=row["of_staff"],
        )
        for row in rows
    ]


async def days(since: datetime, at_least: int, limit: int) -> list[Day]:
    """The days of service that entries since then belong to, from so many minutes on or at more
    than one station; over all stations."""
    rows = await fetch(
        """
        WITH touched AS (SELECT DISTINCT volunteer_id, served_on FROM service_record
            WHERE entered_at >= $1 AND state IN ('counted', 'waiting'))
        SELECT volunteer_id, served_on, (array_agg(station_id ORDER BY id DESC))[1] AS station_id,
            sum(standing_minutes)::int AS minutes, count(DISTINCT station_id)::int AS stations,
            array_agg(id ORDER BY id) AS record_ids
        FROM touched JOIN service_record USING (volunteer_id, served_on)
        WHERE state IN ('counted', 'waiting') GROUP BY volunteer_id, served_on
        HAVING sum(standing_minutes) >= $2 OR count(DISTINCT station_id) > 1
        LIMIT $3
        """,
        since, at_least, limit,
    )  # fmt: skip
    return [Day(**row) for row in rows]


async def keep(signals: Iterable[Signal], at: datetime) -> int:
    """How many are new. One that is open takes up what was found since; a decided one stays."""
    new = 0
    for one in signals:
        row = await fetch_row(
            """
            INSERT INTO review_signal (id, rule, fingerprint, station_id, volunteer_id,
                recorder_id, record_ids, facts, found_at, state, reason)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', '')
            ON CONFLICT (fingerprint) DO UPDATE
                SET record_ids = excluded.record_ids, facts = excluded.facts
                WHERE review_signal.state = 'open'
                    AND review_signal.record_ids <> excluded.record_ids
            RETURNING id = $1 AS is_new
            """,
            ids.uuid7(), one.rule, one.fingerprint, one.station_id, one.volunteer_id,
            one.recorder_id, one.record_ids, msgspec.json.encode(one.facts).decode(), at,
        )  # fmt: skip
        new += row is not None and row["is_new"]
    return new


async def lock(signal_id: UUID) -> ReviewSignal | None:
    row = await fetch_row(f"SELECT {_ROW} FROM review_signal WHERE id = $1 FOR UPDATE", signal_id)
    return _row(row) if row else None


async def find(signal_id: UUID) -> ReviewSignal | None:
    row = await fetch_row(f"SELECT {_ROW} FROM review_signal WHERE id = $1", signal_id)
    return _row(row) if row else None


async def decide(signal: ReviewSignal) -> None:
    """Write what came of a locked one."""
    await execute(
        "UPDATE review_signal SET state = $2, decided_by = $3, decided_at = $4, reason = $5,"
        " correction_id = $6, undo_id = $7 WHERE id = $1",
        signal.id, signal.state, signal.decided_by, signal.decided_at, signal.reason,
        signal.correction_id, signal.undo_id,
    )  # fmt: skip


async def listing(
    *, station_id: UUID | None, state: str | None, after: UUID | None, limit: int
) -> list[ReviewSignal]:
    """In the order they were found."""
    rows = await fetch(
        f"SELECT {_ROW} FROM review_signal WHERE ($1::uuid IS NULL OR station_id = $1)"
        " AND ($2::text IS NULL OR state = $2) AND ($3::uuid IS NULL OR id > $3)"
        " ORDER BY id LIMIT $4",
        station_id, state, after, limit,
    )  # fmt: skip
    return [_row(row) for row in rows]
