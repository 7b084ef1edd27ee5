"""Service records: what the rules ask of them, and what people read of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from volunteer_svc.domain.correction import Standing
from volunteer_svc.domain.service_record import (
    Counted,
    Entry,
    Evidence,
    Level,
    RecordState,
    Waiting,
    Window,
)
from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch, fetch_row


class NewRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An accepted entry as it is written."""

    id: UUID
    entry: Entry
    decision: Counted | Waiting
    entered_by: UUID | None
    entered_at: datetime
    import_id: UUID | None
    sheet_id: UUID | None


class RecordRow(msgspec.Struct, frozen=True, kw_only=True):
    """A record as people read it; minutes as entered and as they stand."""

    id: UUID
    volunteer_id: UUID
    station_id: UUID
    served_on: date
    started_at: datetime | None
    ended_at: datetime | None
    break_minutes: int
    minutes: int
    standing_minutes: int
    evidence: Evidence
    evidence_reference: str
    state: RecordState
    level: Level | None
    why: str | None
    late: bool
    late_reason: str
    title: str
    kind: str | None
    place: str
    leader: str
    content: str
    external_ref: str
    entered_by: UUID | None
    entered_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    decision_reason: str | None
    on_behalf_of: UUID | None = None
    activity_id: UUID | None = None
    sheet_id: UUID | None = None

    def standing(self) -> Standing:
        window = None
        if self.started_at is not None and self.ended_at is not None:
            window = Window(self.started_at, self.ended_at)
        return Standing(
            volunteer_id=self.volunteer_id, state=self.state, evidence=self.evidence,
            minutes=self.standing_minutes, window=window, break_minutes=self.break_minutes,
        )  # fmt: skip


_ROW = ", ".join(RecordRow.__struct_fields__)
_TAKEN = "state IN ('counted', 'waiting')"


class Taken(msgspec.Struct, frozen=True):
    """What volunteers have done already: times of service, and the minutes of their days."""

    windows: dict[UUID, list[Window]]
    day_minutes: dict[tuple[UUID, date], int]


async def taken(days: Mapping[UUID, tuple[date, date]]) -> Taken:
    """Counted and waiting records of each volunteer on the local days from the first of the two to
    the last, over all stations.

    A waiting correction that adds minutes is included with what it adds.
    """
    rows = await fetch(
        f"""
        SELECT r.volunteer_id, r.served_on, r.started_at, r.ended_at,
            greatest(r.standing_minutes, c.minutes_after)
        FROM unnest($1::uuid[], $2::date[], $3::date[]) AS asked (volunteer_id, first_on, last_on)
        JOIN service_record r ON r.volunteer_id = asked.volunteer_id
            AND r.served_on BETWEEN asked.first_on AND asked.last_on
        LEFT JOIN correction c ON c.record_id = r.id AND c.state = 'waiting'
        WHERE r.{_TAKEN}
        """,
        list(days),
        [first_on for first_on, _ in days.values()],
        [last_on for _, last_on in days.values()],
    )
    windows: dict[UUID, list[Window]] = defaultdict(list)
    day_minutes: dict[tuple[UUID, date], int] = defaultdict(int)
    for volunteer_id, served_on, started_at, ended_at, minutes in rows:
        if started_at is not None:
            windows[volunteer_id].append(Window(started_at, ended_at))
        day_minutes[volunteer_id, served_on] += minutes
    return Taken(dict(windows), dict(day_minutes))


async def imported(keys: Iterable[tuple[UUID, bytes]]) -> set[tuple[UUID, bytes]]:
    """Which of the (volunteer, row identity) pairs an import has written before."""
    asked = list(keys)
    rows = await fetch(
        "SELECT volunteer_id, import_key FROM service_record"
        " JOIN unnest($1::uuid[], $2::bytea[]) AS asked (volunteer_id, import_key)"
        " USING (volunteer_id, import_key)",
        [volunteer_id for volunteer_id, _ in asked],
        [key for _, key in asked],
    )
    return {(row["volunteer_id"], row["import_key"]) for row in rows}


async def insert(records: Sequence[NewRecord]) -> None:
    await bulk.insert(
        "service_record",
        (
            "id", "volunteer_id", "station_id", "served_on", "started_at", "ended_at",
            "break_minutes", "minutes", "standing_minutes", "evidence", "evidence_reference",
            "state", "level", "why", "late", "late_reason", "title", "kind", "place", "leader",
            "content", "external_ref", "entered_by", "entered_at", "import_id", "import_key",
            "activity_id", "sheet_id",
        ),
        [_insert_row(record) for record in records],
    )  # fmt: skip


def _insert_row(record: NewRecord) -> tuple[Any, ...]:
    e, decision = record.entry, record.decision
    waiting = decision if isinstance(decision, Waiting) else None
    return (
        record.id, e.volunteer_id, e.station_id, e.served_on,
        e.window and e.window.started_at, e.window and e.window.ended_at, e.break_minutes,
        e.minutes, e.minutes, e.evidence, e.evidence_reference,
        "waiting" if waiting else "counted", waiting and waiting.level, waiting and waiting.why,
        decision.late, e.late_reason if decision.late else "", e.title, e.kind, e.place, e.leader,
        e.content, e.external_ref, record.entered_by, record.entered_at, record.import_id,
        e.import_key, e.activity_id, record.sheet_id,
    )  # fmt: skip


async def find(record_id: UUID) -> RecordRow | None:
    row = await fetch_row(f"SELECT {_ROW} FROM service_record WHERE id = $1", record_id)
    return RecordRow(**row) if row else None


async def load(record_ids: Collection[UUID]) -> dict[UUID, RecordRow]:
    """Records by id. Their volunteers are locked first by whoever will change them."""
    rows = await fetch(f"SELECT {_ROW} FROM service_record WHERE id = ANY($1)", list(record_ids))
    return {row["id"]: RecordRow(**row) for row in rows}


async def standing_days(volunteer_id: UUID, since: date, before: date | None) -> list[date]:
    """The days of a volunteer's records that count or wait, the first one first."""
    rows = await fetch(
        f"SELECT served_on FROM service_record WHERE volunteer_id = $1 AND {_TAKEN}"
        " AND served_on >= $2 AND ($3::date IS NULL OR served_on < $3) ORDER BY served_on",
        volunteer_id, since, before,
    )  # fmt: skip
    return [row["served_on"] for row in rows]


async def of_activity(activity_id: UUID) -> list[RecordRow]:
    """What counts of an activity, in the order it was entered."""
    rows = await fetch(
        f"SELECT {_ROW} FROM service_record WHERE activity_id = $1 AND state = 'counted'"
        " ORDER BY id",
        activity_id,
    )
    return [RecordRow(**row) for row in rows]


async def decide(
    record_ids: Collection[UUID], state: RecordState, decided_by: UUID, at: datetime, reason: str,
    on_behalf_of: UUID | None = None,
) -> None:  # fmt: skip
    """Set waiting records `counted` or `rejected`, signed."""
    await execute(
        "UPDATE service_record SET state = $2, decided_by = $3, decided_at = $4,"
        " decision_reason = $5, on_behalf_of = $6 WHERE id = ANY($1) AND state = 'waiting'",
        list(record_ids), state, decided_by, at, reason, on_behalf_of,
    )  # fmt: skip


async def restate(record_id: UUID, minutes: int) -> None:
    """What stands after a correction; at zero the record is reversed and frees its window."""
    await execute(
        "UPDATE service_record SET standing_minutes = $2,"
        " state = CASE WHEN $2 = 0 THEN 'reversed' ELSE state END WHERE id = $1",
        record_id, minutes,
    )  # fmt: skip


async def newest(
    volunteer_id: UUID, *, state: str | None, behind: UUID | None, limit: int
) -> list[RecordRow]:
    """A volunteer's records by day of service, the last day first; behind the record `behind`."""
    rows = await fetch(
        f"""
        SELECT {_ROW} FROM service_record
        WHERE volunteer_id = $1 AND ($2::text IS NULL OR state = $2) AND ($3::uuid IS NULL
            OR (served_on, id) < (SELECT served_on, id FROM service_record
                                  WHERE id = $3 AND volunteer_id = $1))
        ORDER BY served_on DESC, id DESC LIMIT $4
        """,
        volunteer_id, state, behind, limit,
    )  # fmt: skip
    return [RecordRow(**row) for row in rows]


async def waiting(
    *, station_id: UUID | None, level: Level | None, after: UUID | None, limit: int
) -> list[RecordRow]:
    """What waits for a second person, in the order it was entered."""
    rows = await fetch(
        f"""
        SELECT {_ROW} FROM service_record WHERE state = 'waiting'
            AND ($1::uuid IS NULL OR station_id = $1) AND ($2::text IS NULL OR level = $2)
            AND ($3::uuid IS NULL OR id > $3)
        ORDER BY id LIMIT $4
        """,
        station_id, level, after, limit,
    )  # fmt: skip
    return [RecordRow(**row) for row in rows]


async def listing(
    *,
    station_id: UUID | None,
    volunteer_id: UUID | None,
    state: str | None,
    after: UUID | None,
    limit: int,
) -> list[RecordRow]:
    """Records in the order they were entered, narrowed by what is given."""
    rows = await fetch(
        f"""
        SELECT {_ROW} FROM service_record
        WHERE ($1::uuid IS NULL OR station_id = $1) AND ($2::uuid IS NULL OR volunteer_id = $2)
            AND ($3::text IS NULL OR state = $3) AND ($4::uuid IS NULL OR id > $4)
        ORDER BY id LIMIT $5
        """,
        station_id, volunteer_id, state, after, limit,
    )  # fmt: skip
    return [RecordRow(**row) for row in rows]
