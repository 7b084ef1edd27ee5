"""时数台账 and what follows from it: totals by year, stars with their explanation."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc import ids
from volunteer_svc.domain.ledger import LedgerEntry
from volunteer_svc.domain.recognition import YearTotal
from volunteer_svc.domain.service_record import Evidence
from volunteer_svc.domain.star import Cause, StarChange
from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch, fetch_row


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger as people read it; minutes, newest last by `seq`."""

    id: UUID
    seq: int
    kind: str
    record_id: UUID
    correction_id: UUID | None
    minutes_delta: int
    balance: int
    station_id: UUID
    served_on: date
    entered_at: datetime
    title: str
    evidence: Evidence
    reason: str | None


class StarRow(msgspec.Struct, frozen=True, kw_only=True):
    """One star won or lost and why; `served_on` is the day of the service that caused it.

    Of a policy there is no service: the minutes stayed, the thresholds moved.
    """

    from_star: int
    to_star: int
    minutes_before: int
    minutes_after: int
    policy_version: str
    cause_kind: str
    cause_id: UUID
    changed_on: date
    record_id: UUID | None
    served_on: date | None
    station_id: UUID | None


class ChangedStar(msgspec.Struct, frozen=True):
    """A star change with the entry that caused it; None: a policy did."""

    volunteer_id: UUID
    ledger_entry_id: UUID | None
    change: StarChange
    policy_version: str
    cause: Cause
    changed_on: date


async def append(entries: Sequence[LedgerEntry]) -> None:
    """Write entries and add them to the totals by year; the volunteers are locked."""
    await bulk.insert(
        "ledger_entry",
        (
            "id", "volunteer_id", "seq", "record_id", "correction_id", "kind", "minutes_delta",
            "balance", "station_id", "served_on", "entered_at", "hash",
        ),
        [
            (e.posting.id, e.volunteer_id, e.seq, e.posting.record_id, e.posting.correction_id,
             e.posting.kind, e.posting.minutes_delta, e.balance, e.posting.station_id,
             e.posting.served_on, e.posting.entered_at, e.hash)
            for e in entries
        ],
    )  # fmt: skip
    delta: dict[tuple[UUID, UUID, int], int] = defaultdict(int)
    for e in entries:
        place = (e.volunteer_id, e.posting.station_id, e.posting.served_on.year)
        delta[place] += e.posting.minutes_delta
    rows = [(*place, minutes) for place, minutes in delta.items()]
    await _change_year_totals(_RAISE, [row for row in rows if row[-1] > 0])
    await _change_year_totals(_LOWER, [row for row in rows if row[-1] < 0])


_DELTA = """
WITH delta AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[])
        AS delta (volunteer_id, station_id, year, minutes)
), all_stations AS (
    SELECT volunteer_id, year, sum(minutes) AS minutes FROM delta GROUP BY volunteer_id, year
)
"""
_RAISE = f"""
{_DELTA}, raised AS (
    INSERT INTO yearly_minutes AS y (volunteer_id, station_id, year, minutes) TABLE delta
    ON CONFLICT (volunteer_id, station_id, year)
        DO UPDATE SET minutes = y.minutes + excluded.minutes
)
INSERT INTO year_total AS t (volunteer_id, year, minutes) TABLE all_stations
ON CONFLICT (volunteer_id, year) DO UPDATE SET minutes = t.minutes + excluded.minutes
"""
# Not as above: the negative row it proposes breaks the check before it meets the row there is.
_LOWER = f"""
{_DELTA}, lowered AS (
    UPDATE yearly_minutes AS y SET minutes = y.minutes + delta.minutes FROM delta
    WHERE (y.volunteer_id, y.station_id, y.year)
        = (delta.volunteer_id, delta.station_id, delta.year)
)
UPDATE year_total AS t SET minutes = t.minutes + all_stations.minutes FROM all_stations
WHERE (t.volunteer_id, t.year) = (all_stations.volunteer_id, all_stations.year)
"""


async def _change_year_totals(how: str, rows: Sequence[tuple[UUID, UUID, int, int]]) -> None:
    if rows:
        await execute(how, *zip(*rows, strict=True))


async def append_stars(changes: Sequence[ChangedStar]) -> None:
    await bulk.insert(
        "star_change",
        (
            "id", "volunteer_id", "ledger_entry_id", "from_star", "to_star", "minutes_before",
            "minutes_after", "policy_version", "cause_kind", "cause_id", "changed_on",
        ),
        [
            (ids.uuid7(), c.volunteer_id, c.ledger_entry_id, c.change.from_star, c.change.to_star,
             c.change.minutes_before, c.change.minutes_after, c.policy_version, c.cause.kind,
             c.cause.id, c.changed_on)
            for c in changes
        ],
    )  # fmt: skip


async def entries_of(volunteer_id: UUID, *, after: int, limit: int) -> list[LedgerRow]:
    """The ledger of a volunteer from `seq` above `after`, in order."""
    rows = await fetch(
        """
        SELECT e.id, e.seq, e.kind, e.record_id, e.correction_id, e.minutes_delta, e.balance,
            e.station_id, e.served_on, e.entered_at, r.title, r.evidence, c.reason
        FROM ledger_entry e JOIN service_record r ON r.id = e.record_id
            LEFT JOIN correction c ON c.id = e.correction_id
        WHERE e.volunteer_id = $1 AND e.seq > $2 ORDER BY e.seq LIMIT $3
        """,
        volunteer_id, after, limit,
    )  # fmt: skip
    return [LedgerRow(**row) for row in rows]


async def stars_of(volunteer_id: UUID) -> list[StarRow]:
    """Every star change of a volunteer with its explanation, in order."""
    rows = await fetch(
        """
        SELECT s.from_star, s.to_star, s.minutes_before, s.minutes_after, s.policy_version,
            s.cause_kind, s.cause_id, s.changed_on, e.record_id, e.served_on, e.station_id
        FROM star_change s LEFT JOIN ledger_entry e ON e.id = s.ledger_entry_id
        WHERE s.volunteer_id = $1 ORDER BY s.number
        """,
        volunteer_id,
    )
    return [StarRow(**row) for row in rows]


async def year_totals(
    year: int, station_id: UUID | None, *, offset: int, limit: int
) -> list[YearTotal]:
    """Counted minutes by volunteer in a year, at one station or (None) over all; most first."""
    rows = await (
        fetch(_COUNTY_TOTALS, year, offset, limit)
        if station_id is None
        else fetch(_STATION_TOTALS, year, offset, limit, station_id)
    )
    return [YearTotal(**row) for row in rows]


async def on_totals(
    year: int, station_id: UUID | None, volunteer_ids: Collection[UUID]
) -> set[UUID]:
    """Which of them have counted minutes there in that year."""
    rows = await fetch(
        "SELECT DISTINCT volunteer_id FROM yearly_minutes WHERE volunteer_id = ANY($1)"
        " AND year = $2 AND minutes > 0 AND ($3::uuid IS NULL OR station_id = $3)",
        list(volunteer_ids), year, station_id,
    )  # fmt: skip
    return {row["volunteer_id"] for row in rows}


_MOST_FIRST = "AND minutes > 0 ORDER BY minutes DESC, volunteer_id OFFSET $2 LIMIT $3"
_COUNTY_TOTALS = f"SELECT volunteer_id, minutes FROM year_total WHERE year = $1 {_MOST_FIRST}"
_STATION_TOTALS = (
    f"SELECT volunteer_id, minutes FROM yearly_minutes WHERE year = $1 AND station_id = $4"
    f" {_MOST_FIRST}"
)


async def historical_minutes(volunteer_id: UUID) -> int:
    """Of the counted minutes those no signed sheet exists for: shown apart."""
    row = await fetch_row(
        "SELECT coalesce(sum(standing_minutes), 0)::int AS minutes FROM service_record"
        " WHERE volunteer_id = $1 AND state = 'counted' AND evidence = 'historical'",
        volunteer_id,
    )
    return row["minutes"] if row else 0
