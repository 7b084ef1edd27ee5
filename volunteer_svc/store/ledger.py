"""时数台账 and what follows from it: totals by year, stars with their explanation."""

from collections import defaultdict
from collections.abc import Sequence
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
    """One star won or lost and why; `served_on` is the day of the service that caused it."""

    from_star: int
    to_star: int
    minutes_before: int
    minutes_after: int
    policy_version: str
    cause_kind: str
    cause_id: UUID
    changed_on: date
    record_id: UUID
    served_on: date
    station_id: UUID


class ChangedStar(msgspec.Struct, frozen=True):
    """A star change with the entry that caused it."""

    volunteer_id: UUID
    ledger_entry_id: UUID
    change: StarChange
    policy_version: str
    cause: Cause
    changed_on: date


async def append(entries: Sequence[LedgerEntry]) -> None:
    """Write entries and add them to the totals by year; the volunteers are locked."""
    await bulk.insert(
        "ledger_entry",
        {
            "id": "uuid", "volunteer_id": "uuid", "seq": "int", "record_id": "uuid",
            "correction_id": "uuid", "kind": "text", "minutes_delta": "int", "balance": "int",
            "station_id": "uuid", "served_on": "date", "entered_at": "timestamptz",
        },
        [
            (e.posting.id, e.volunteer_id, e.seq, e.posting.record_id, e.posting.correction_id,
             e.posting.kind, e.posting.minutes_delta, e.balance, e.posting.station_id,
             e.posting.served_on, e.posting.entered_at)
            for e in entries
        ],
    )  # fmt: skip
    yearly: dict[tuple[UUID, UUID, int], int] = defaultdict(int)
    for e in entries:
        yearly[e.volunteer_id, e.posting.station_id, e.posting.served_on.year] += (
            e.posting.minutes_delta
        )
    rows = [(ids.uuid7(), *key, minutes) for key, minutes in sorted(yearly.items())]
    await _raise_year_totals([row for row in rows if row[-1] >= 0])
    await _lower_year_totals([row for row in rows if row[-1] < 0])


async def _raise_year_totals(rows: Sequence[tuple[UUID, UUID, UUID, int, int]]) -> None:
    if not rows:
        return
    await execute(
        """
        INSERT INTO yearly_minutes (id, volunteer_id, station_id, year, minutes)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::int[])
        ON CONFLICT (volunteer_id, station_id, year)
            DO UPDATE SET minutes = yearly_minutes.minutes + excluded.minutes
        """,
        *zip(*rows, strict=True),
    )


async def _lower_year_totals(rows: Sequence[tuple[UUID, UUID, UUID, int, int]]) -> None:
    """Not by the statement above: the negative row it proposes breaks the check before it meets
    the row that is there."""
    if not rows:
        return
    _, *columns = zip(*rows, strict=True)
    await execute(
        """
        UPDATE yearly_minutes SET minutes = yearly_minutes.minutes + less.minutes
        FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[])
            AS less (volunteer_id, station_id, year, minutes)
        WHERE yearly_minutes.volunteer_id = less.volunteer_id
            AND yearly_minutes.station_id = less.station_id AND yearly_minutes.year = less.year
        """,
        *columns,
    )


async def append_stars(changes: Sequence[ChangedStar]) -> None:
    await bulk.insert(
        "star_change",
        {
            "id": "uuid", "volunteer_id": "uuid", "ledger_entry_id": "uuid", "from_star": "int",
            "to_star": "int", "minutes_before": "int", "minutes_after": "int",
            "policy_version": "text", "cause_kind": "text", "cause_id": "uuid",
            "changed_on": "date",
        },
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
        FROM star_change s JOIN ledger_entry e ON e.id = s.ledger_entry_id
        WHERE s.volunteer_id = $1 ORDER BY e.seq, s.id
        """,
        volunteer_id,
    )
    return [StarRow(**row) for row in rows]


async def year_totals(
    year: int, station_id: UUID | None, *, offset: int, limit: int
) -> list[YearTotal]:
    """Counted minutes by volunteer in a year, at one station or (None) over all; most first."""
    rows = await fetch(
        """
        SELECT volunteer_id, sum(minutes)::int AS minutes FROM yearly_minutes
        WHERE year = $1 AND ($2::uuid IS NULL OR station_id = $2)
        GROUP BY volunteer_id HAVING sum(minutes) > 0 ORDER BY minutes DESC, volunteer_id
        OFFSET $3 LIMIT $4
        """,
        year, station_id, offset, limit,
    )  # fmt: skip
    return [YearTotal(**row) for row in rows]


async def historical_minutes(volunteer_id: UUID) -> int:
    """Of the counted minutes those no signed sheet exists for: shown apart."""
    row = await fetch_row(
        "SELECT coalesce(sum(standing_minutes), 0)::int AS minutes FROM service_record"
        " WHERE volunteer_id = $1 AND state = 'counted' AND evidence = 'historical'",
        volunteer_id,
    )
    return row["minutes"] if row else 0
