"""Exports of the record classes: asked, worked on, kept for a day; and the rows in them."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from volunteer_svc.domain.record_export import ExportState
from volunteer_svc.store.database import execute, fetch, fetch_row

ATTEMPTS_MAX = 5


class RecordExport(msgspec.Struct, frozen=True, kw_only=True):
    """`station_id` None: all stations. Services, trainings, awards and evaluations of these days,
    both counted; `people_done` of `people_total` are written."""

    id: UUID
    station_id: UUID | None
    from_on: date
    until_on: date
    reason: str
    state: ExportState
    asked_by: UUID
    asked_at: datetime
    people_total: int
    people_done: int
    finished_at: datetime | None


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Of some people, each row beginning with its volunteer's id."""

    services: list[tuple[Any, ...]]
    trainings: list[tuple[Any, ...]]
    awards: list[tuple[Any, ...]]
    evaluations: list[tuple[Any, ...]]


_ROW = ", ".join(RecordExport.__struct_fields__)
_PEOPLE = """
FROM volunteer v JOIN person p ON p.volunteer_id = v.id
WHERE v.member_no IS NOT NULL AND v.merged_into IS NULL AND ($1::uuid IS NULL OR v.station_id = $1)
"""


async def count_people(station_id: UUID | None) -> int:
    """Members whose home it is; who was erased is nobody's any more."""
    row = await fetch_row(f"SELECT count(*)::int AS n {_PEOPLE}", station_id)
    return row["n"] if row else 0


async def people(
    station_id: UUID | None, *, after: UUID | None, limit: int
) -> list[tuple[UUID, str]]:
    """Volunteers and their member numbers behind `after`."""
    rows = await fetch(
        f"SELECT v.id, v.member_no {_PEOPLE} AND ($2::uuid IS NULL OR v.id > $2)"
        " ORDER BY v.id LIMIT $3",
        station_id, after, limit,
    )  # fmt: skip
    return [tuple(row) for row in rows]


async def rows_of(volunteer_ids: Collection[UUID], from_on: date, until_on: date) -> Rows:
    """What these people did and got in these days, wherever it was."""
    asked = (list(volunteer_ids), from_on, until_on)

    async def read(statement: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await fetch(statement, *asked)]

    return Rows(
        services=await read(
            "SELECT r.volunteer_id, r.title, r.served_on, r.place, r.content, r.standing_minutes,"
            " s.name, r.leader FROM service_record r JOIN station s ON s.id = r.station_id"
            " WHERE r.volunteer_id = ANY($1) AND r.state = 'counted'"
            " AND r.served_on BETWEEN $2 AND $3 ORDER BY r.volunteer_id, r.served_on, r.id"
        ),
        trainings=await read(
            "SELECT c.volunteer_id, t.title,"
            " string_agg(k.name_zh, '、' ORDER BY k.code),"
            " (extract(epoch FROM t.ends_at - t.starts_at) / 60)::int,"
            " coalesce(nullif(t.organiser, ''), s.name), c.completed_on"
            " FROM training_completion c JOIN training_session t ON t.id = c.session_id"
            " JOIN training_topic k ON k.code = c.topic JOIN station s ON s.id = t.station_id"
            " WHERE c.volunteer_id = ANY($1) AND c.struck_at IS NULL"
            " AND c.completed_on BETWEEN $2 AND $3"
            " GROUP BY c.volunteer_id, t.id, s.name, c.completed_on"
            " ORDER BY c.volunteer_id, c.completed_on, t.id"
        ),
        awards=await read(
            "SELECT volunteer_id, name, granted_on, granted_by FROM award"
            " WHERE volunteer_id = ANY($1) AND revoked_on IS NULL"
            " AND granted_on BETWEEN $2 AND $3 ORDER BY volunteer_id, granted_on, id"
        ),
        evaluations=await read(
            "SELECT volunteer_id, grade, words, evaluated_on FROM evaluation"
            " WHERE volunteer_id = ANY($1) AND evaluated_on BETWEEN $2 AND $3"
            " ORDER BY volunteer_id, evaluated_on, id"
        ),
    )


async def insert(export: RecordExport) -> None:
    values = msgspec.structs.asdict(export)
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await execute(
        f"INSERT INTO record_export ({_ROW}, attempts) VALUES ({places}, 0)", *values.values()
    )


async def find(export_id: UUID) -> RecordExport | None:
    row = await fetch_row(f"SELECT {_ROW} FROM record_export WHERE id = $1", export_id)
    return RecordExport(**row) if row else None


async def asked_by(staff_id: UUID, *, after: UUID | None, limit: int) -> list[RecordExport]:
    """The last first."""
    rows = await fetch(
        f"SELECT {_ROW} FROM record_export WHERE asked_by = $1 AND ($2::uuid IS NULL OR id < $2)"
        " ORDER BY id DESC LIMIT $3",
        staff_id, after, limit,
    )  # fmt: skip
    return [RecordExport(**row) for row in rows]


async def lease_due(now: datetime, lease: timedelta) -> RecordExport | None:
    """One that waits and that nobody works on; ours for `lease`."""
    row = await fetch_row(
        f"""
        UPDATE record_export SET leased_until = $2, attempts = attempts + 1 WHERE id = (
            SELECT id FROM record_export WHERE state = 'asked' AND attempts < $3
                AND (leased_until IS NULL OR leased_until < $1)
            ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING {_ROW}
        """,
        now, now + lease, ATTEMPTS_MAX,
    )  # fmt: skip
    return RecordExport(**row) if row else None


async def progress(export_id: UUID, people_done: int, leased_until: datetime) -> None:
    await execute(
        "UPDATE record_export SET people_done = least($2, people_total), leased_until = $3"
        " WHERE id = $1 AND state = 'asked'",
        export_id, people_done, leased_until,
    )  # fmt: skip


async def finish(
    export_id: UUID, state: ExportState, now: datetime, workbook_sealed: bytes | None
) -> None:
    await execute(
        "UPDATE record_export SET state = $2::text, finished_at = $3, workbook_sealed = $4,"
        " leased_until = NULL, people_done = CASE $2::text WHEN 'done' THEN people_total"
        " ELSE people_done END WHERE id = $1 AND state = 'asked'",
        export_id, state, now, workbook_sealed,
    )  # fmt: skip


async def workbook_sealed(export_id: UUID) -> bytes | None:
    row = await fetch_row("SELECT workbook_sealed FROM record_export WHERE id = $1", export_id)
    return row["workbook_sealed"] if row else None


async def forget(finished_before: datetime, now: datetime) -> None:
    """Retention of the workbooks; and what was taken up too often without coming to its end."""
    await execute(
        "UPDATE record_export SET state = 'forgotten', workbook_sealed = NULL"
        " WHERE state = 'done' AND finished_at < $1",
        finished_before,
    )
    await execute(
        "UPDATE record_export SET state = 'failed', finished_at = $1, leased_until = NULL"
        " WHERE state = 'asked' AND attempts >= $2 AND leased_until < $1",
        now, ATTEMPTS_MAX,
    )  # fmt: skip
