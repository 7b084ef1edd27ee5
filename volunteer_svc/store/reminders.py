"""Reminders: each once, by a unique key; sent to a telephone or kept on the station's list."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from volunteer_svc.domain.reminder import Kind
from volunteer_svc.i18n import Language
from volunteer_svc.store.database import execute, fetch, fetch_row


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be reminded of. `reachable`: the volunteer has a telephone on file.

    `reminded`: the last step he was reminded at, if any.
    """

    item_id: UUID
    volunteer_id: UUID | None
    station_id: UUID
    due_on: date
    reachable: bool
    reminded: int | None


class Reminder(msgspec.Struct, frozen=True, kw_only=True):
    """`listed`: on the station's list, as nobody could be written to or it is the station's own."""

    id: UUID
    kind: Kind
    item_id: UUID
    step: int
    volunteer_id: UUID | None
    station_id: UUID
    due_on: date
    listed: bool
    made_at: datetime
    sent_at: datetime | None = None
    done_at: datetime | None = None


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder to send now, and how often that was tried."""

    id: UUID
    kind: Kind
    step: int
    item_id: UUID
    volunteer_id: UUID
    station_id: UUID
    due_on: date
    attempts: int


_ROW = ", ".join(Reminder.__struct_fields__)
_DUE = ", ".join(f"m.{name}" for name in Due.__struct_fields__)
_REMINDED = "(SELECT min(step) FROM reminder m WHERE m.kind = '{kind}' AND m.item_id = {item})"
_REACHABLE = "EXISTS (SELECT FROM person p WHERE p.volunteer_id = v.id AND phone_hash IS NOT NULL)"


async def inductions(today: date, last: date) -> list[Candidate]:
    """Registrations whose window ends from today to that day, without an induction."""
    rows = await fetch(
        f"""
        SELECT r.id AS item_id, v.id AS volunteer_id, v.station_id, r.induction_due_on AS due_on,
            {_REACHABLE} AS reachable, {_REMINDED.format(kind="induction", item="r.id")} AS reminded
        FROM registration r JOIN volunteer v ON v.id = r.volunteer_id
        WHERE r.induction_due_on BETWEEN $1 AND $2 AND r.inducted_on IS NULL
            AND r.declined_on IS NULL AND r.ended_on IS NULL AND v.erased_on IS NULL
        """,
        today, last,
    )  # fmt: skip
    return [Candidate(**row) for row in rows]


async def expiries(today: date, last: date) -> list[Candidate]:
    """Topics of members that cease to hold from today to that day, and were not renewed."""
    rows = await fetch(
        f"""
        SELECT c.id AS item_id, v.id AS volunteer_id, v.station_id, c.valid_until AS due_on,
            {_REACHABLE} AS reachable,
            {_REMINDED.format(kind="training_expiry", item="c.id")} AS reminded
        FROM training_completion c JOIN volunteer v ON v.id = c.volunteer_id
        WHERE c.valid_until BETWEEN $1 AND $2 AND v.erased_on IS NULL AND c.struck_at IS NULL
            AND NOT EXISTS (SELECT FROM training_completion n
                WHERE n.volunteer_id = c.volunteer_id AND n.topic = c.topic
                AND n.struck_at IS NULL
                AND (n.valid_until IS NULL OR n.valid_until > c.valid_until))
            AND EXISTS (SELECT FROM registration r WHERE r.volunteer_id = v.id
                AND r.inducted_on IS NOT NULL AND r.ended_on IS NULL)
        """,
        today, last,
    )  # fmt: skip
    return [Candidate(**row) for row in rows]


async def overdue(kind: Kind, today: date) -> list[Candidate]:
    """Clocks that ran out and of which the station was not told yet."""
    table, late = {
        "objection_overdue": ("objection", "closed_at IS NULL"),
        "complaint_overdue": ("complaint", "closed_at IS NULL AND contacted_on IS NULL"),
        "correction_overdue": ("correction_request", "resolved_at IS NULL"),
    }[kind]
    rows = await fetch(
        f"""
        SELECT o.id AS item_id, NULL::uuid AS volunteer_id, o.station_id, o.due_on,
            false AS reachable, NULL::int AS reminded
        FROM {table} o JOIN volunteer v ON v.id = o.volunteer_id AND v.erased_on IS NULL
        WHERE {late} AND o.due_on < $1
            AND NOT EXISTS (SELECT FROM reminder m WHERE m.kind = $2 AND m.item_id = o.id)
        """,
        today, kind,
    )  # fmt: skip
    return [Candidate(**row) for row in rows]


async def waiting() -> list[tuple[UUID, UUID, datetime]]:
    """Records and corrections that wait and of which the station was not told yet: id, station,
    since when."""
    rows = await fetch(
        """
        SELECT w.id, w.station_id, w.entered_at FROM (
            SELECT id, station_id, entered_at FROM service_record WHERE state = 'waiting'
            UNION ALL
            SELECT id, station_id, entered_at FROM correction WHERE state = 'waiting') AS w
        WHERE NOT EXISTS (SELECT FROM reminder m
            WHERE m.kind = 'approval_waiting' AND m.item_id = w.id)
        """
    )
    return [(row["id"], row["station_id"], row["entered_at"]) for row in rows]


async def reachable(volunteer_ids: Collection[UUID]) -> set[UUID]:
    """Who of them has a telephone on file."""
    rows = await fetch(
        "SELECT volunteer_id FROM person WHERE volunteer_id = ANY($1) AND phone_hash IS NOT NULL",
        list(volunteer_ids),
    )
    return {row["volunteer_id"] for row in rows}


async def insert(reminders: Iterable[Reminder]) -> int:
    """How many were new: another worker may have made the same. What can be sent is due at once."""
    made = list(reminders)
    names = ("id", "kind", "item_id", "step", "volunteer_id", "station_id", "due_on", "listed",
             "made_at")  # fmt: skip
    rows = await fetch(
        f"""
        INSERT INTO reminder ({", ".join(names)}, due_at, attempts)
        SELECT new.*, CASE WHEN NOT new.listed THEN new.made_at END, 0
        FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::int[], $5::uuid[], $6::uuid[],
            $7::date[], $8::bool[], $9::timestamptz[]) AS new ({", ".join(names)})
        ON CONFLICT DO NOTHING RETURNING id
        """,
        *([getattr(one, name) for one in made] for name in names),
    )
    return len(rows)


async def drop_needless() -> None:
    """Who was inducted, or left, meanwhile is not written to any more."""
    await execute(
        "UPDATE reminder m SET due_at = NULL FROM registration r WHERE m.kind = 'induction'"
        " AND m.due_at IS NOT NULL AND r.id = m.item_id AND (r.inducted_on IS NOT NULL"
        " OR r.ended_on IS NOT NULL OR r.declined_on IS NOT NULL)"
    )


async def drop_late_notices(now: datetime) -> None:
    """What was read meanwhile, what has begun, and a place that was given back are not sent."""
    await execute(
        """
        UPDATE reminder m SET due_at = NULL FROM activity_notice n
            JOIN activity a ON a.id = n.activity_id
        WHERE m.kind IN ('activity_cancelled', 'activity_moved_up') AND m.due_at IS NOT NULL
            AND n.id = m.item_id AND (n.read_at IS NOT NULL OR a.started_at <= $1
                OR (n.kind = 'moved_up' AND NOT EXISTS (SELECT FROM signup s
                    WHERE s.activity_id = n.activity_id AND s.volunteer_id = n.volunteer_id
                        AND s.state = 'confirmed')))
        """,
        now,
    )


async def claim(
    now: datetime, *, seconds: int, limit: int, cancelled_until: date | None = None
) -> list[Due]:
    """Reminders to send now. Who claims them has so long; then they are due again.

    `cancelled_until`: nothing but that activities up to that day are cancelled.
    """
    rows = await fetch(
        f"""
        UPDATE reminder m SET due_at = $2, attempts = m.attempts + 1 FROM (
            SELECT id FROM reminder WHERE due_at <= $1 AND ($4::date IS NULL
                OR (kind = 'activity_cancelled' AND due_on <= $4))
            ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
        ) due WHERE m.id = due.id RETURNING {_DUE}
        """,
        now, now + timedelta(seconds=seconds), limit, cancelled_until,
    )  # fmt: skip
    return [Due(**row) for row in rows]


async def topic_of(completion_id: UUID) -> dict[Language, str]:
    """The names of a completed topic; none where there is no such completion."""
    row = await fetch_row(
        "SELECT t.name_zh, t.name_en FROM training_completion c"
        " JOIN training_topic t ON t.code = c.topic WHERE c.id = $1",
        completion_id,
    )
    return {"zh-CN": row["name_zh"], "en": row["name_en"]} if row else {}


async def sent(reminder_id: UUID, now: datetime) -> None:
    await execute("UPDATE reminder SET due_at = NULL, sent_at = $2 WHERE id = $1", reminder_id, now)


async def put_on_list(reminder_id: UUID) -> None:
    """Nobody could be written to."""
    await execute("UPDATE reminder SET due_at = NULL, listed = true WHERE id = $1", reminder_id)


async def listing(*, station_id: UUID | None, after: UUID | None, limit: int) -> list[Reminder]:
    """What the station has to see to, in the order it came up."""
    rows = await fetch(
        f"SELECT {_ROW} FROM reminder WHERE listed AND done_at IS NULL"
        " AND ($1::uuid IS NULL OR station_id = $1) AND ($2::uuid IS NULL OR id > $2)"
        " ORDER BY id LIMIT $3",
        station_id, after, limit,
    )  # fmt: skip
    return [Reminder(**row) for row in rows]


async def lock(reminder_id: UUID) -> Reminder | None:
    row = await fetch_row(
        f"SELECT {_ROW} FROM reminder WHERE id = $1 AND listed FOR NO KEY UPDATE", reminder_id
    )
    return Reminder(**row) if row else None


async def done(reminder_id: UUID, now: datetime) -> None:
    await execute("UPDATE reminder SET done_at = $2 WHERE id = $1", reminder_id, now)
