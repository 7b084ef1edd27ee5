"""Topics, training sessions, who signed up, who completed what until when."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from volunteer_svc.domain.training import Signup, TopicKind
from volunteer_svc.store import bulk, tables
from volunteer_svc.store.database import execute, fetch, fetch_row


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """`validity_months` None: holds for ever. A closed one is not trained any more."""

    code: str
    name_zh: str
    name_en: str
    kind: TopicKind
    validity_months: int | None
    closed_on: date | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """`capacity` None: room for all. `by_priority`: management training (R9)."""

    id: UUID
    station_id: UUID
    title: str
    topics: list[str]
    starts_at: datetime
    ends_at: datetime
    place: str
    trainer: str
    organiser: str
    capacity: int | None
    by_priority: bool
    state: Literal["planned", "cancelled"]
    cancel_reason: str | None = None
    created_by: UUID
    created_at: datetime


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """A topic completed; it holds up to `valid_until`, that day included, unless struck."""

    id: UUID
    session_id: UUID
    volunteer_id: UUID
    topic: str
    completed_on: date
    valid_until: date | None
    recorded_by: UUID
    recorded_at: datetime
    struck_at: datetime | None = None
    struck_by: UUID | None = None
    struck_reason: str | None = None


_TOPIC = ", ".join(Topic.__struct_fields__)
_SESSION = ", ".join(Session.__struct_fields__)
_COMPLETION = ", ".join(Completion.__struct_fields__)


async def valid_topics(volunteer_ids: Collection[UUID], on: date) -> dict[UUID, frozenset[str]]:
    """The topics each of them holds on that day; who holds none has an empty set."""
    rows = await fetch(
        "SELECT volunteer_id, topic FROM training_completion WHERE volunteer_id = ANY($1)"
        " AND completed_on <= $2 AND (valid_until IS NULL OR valid_until >= $2)"
        " AND struck_at IS NULL",
        list(volunteer_ids), on,
    )  # fmt: skip
    held: dict[UUID, set[str]] = {one: set() for one in volunteer_ids}
    for row in rows:
        held[row["volunteer_id"]].add(row["topic"])
    return {one: frozenset(topics) for one, topics in held.items()}


async def save_topic(topic: Topic) -> None:
    """Add it, or change all but its code."""
    await execute(
        f"INSERT INTO training_topic ({_TOPIC}) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (code) DO UPDATE SET name_zh = excluded.name_zh,"
        " name_en = excluded.name_en, kind = excluded.kind,"
        " validity_months = excluded.validity_months, closed_on = excluded.closed_on",
        *msgspec.structs.astuple(topic),
    )


async def topics(codes: Collection[str] | None = None) -> dict[str, Topic]:
    """By code, in code order; of all, or of those named."""
    rows = await fetch(
        f"SELECT {_TOPIC} FROM training_topic WHERE $1::text[] IS NULL OR code = ANY($1)"
        " ORDER BY code",
        None if codes is None else list(codes),
    )
    return {row["code"]: Topic(**row) for row in rows}


async def insert_session(session: Session) -> None:
    values = msgspec.structs.asdict(session)
    await tables.TrainingSession.insert(tables.TrainingSession(**values))


async def find_session(session_id: UUID, *, lock: bool = False) -> Session | None:
    """`lock`: nobody else changes it, or signs up for it, until the command ends."""
    row = await fetch_row(
        f"SELECT {_SESSION} FROM training_session WHERE id = $1"
        + (" FOR NO KEY UPDATE" if lock else ""),
        session_id,
    )
    return Session(**row) if row else None


async def cancel_session(session_id: UUID, reason: str) -> None:
    await execute(
        "UPDATE training_session SET state = 'cancelled', cancel_reason = $2 WHERE id = $1",
        session_id, reason,
    )  # fmt: skip


async def sessions(*, station_id: UUID | None, after: UUID | None, limit: int) -> list[Session]:
    """In the order they were planned."""
    rows = await fetch(
        f"SELECT {_SESSION} FROM training_session WHERE ($1::uuid IS NULL OR station_id = $1)"
        " AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        station_id, after, limit,
    )  # fmt: skip
    return [Session(**row) for row in rows]


async def newest(*, station_id: UUID | None, before: UUID | None, limit: int) -> list[Session]:
    """The last planned first, behind `before`."""
    rows = await fetch(
        f"SELECT {_SESSION} FROM training_session WHERE ($1::uuid IS NULL OR station_id = $1)"
        " AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        station_id, before, limit,
    )  # fmt: skip
    return [Session(**row) for row in rows]


async def coming(now: datetime, limit: int) -> list[Session]:
    """What will be held at all stations, the next first."""
    rows = await fetch(
        f"SELECT {_SESSION} FROM training_session WHERE starts_at > $1 AND state = 'planned'"
        " ORDER BY starts_at, id LIMIT $2",
        now, limit,
    )  # fmt: skip
    return [Session(**row) for row in rows]


async def unlisted(*, station_id: UUID | None, now: datetime, limit: int) -> list[Session]:
    """Held, and nobody's attendance was written down yet; the longest ago first."""
    rows = await fetch(
        f"SELECT {_SESSION} FROM training_session s WHERE ends_at <= $2 AND state = 'planned'"
        " AND ($1::uuid IS NULL OR station_id = $1) AND NOT EXISTS (SELECT FROM"
        " training_completion c WHERE c.session_id = s.id) ORDER BY ends_at LIMIT $3",
        station_id, now, limit,
    )  # fmt: skip
    return [Session(**row) for row in rows]


async def signups(session_ids: Collection[UUID]) -> dict[UUID, list[Signup]]:
    """Who is signed up now, by session."""
    rows = await fetch(
        "SELECT session_id, volunteer_id, number, priority FROM training_signup"
        " WHERE session_id = ANY($1) AND withdrawn_at IS NULL",
        list(session_ids),
    )
    found: dict[UUID, list[Signup]] = defaultdict(list)
    for session_id, *fields in rows:
        names = Signup.__struct_fields__
        found[session_id].append(Signup(**dict(zip(names, fields, strict=True))))
    return found


async def sign_up(
    signup_id: UUID, session_id: UUID, volunteer_id: UUID, priority: int, now: datetime
) -> None:
    """Behind all others of the locked session. Raises database.Violation for a second one."""
    await execute(
        "INSERT INTO training_signup (id, session_id, volunteer_id, number, priority, signed_up_at)"
        " SELECT $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5 FROM training_signup"
        " WHERE session_id = $2",
        signup_id, session_id, volunteer_id, priority, now,
    )  # fmt: skip


async def withdraw(session_id: UUID, volunteer_id: UUID, now: datetime) -> bool:
    """Whether he was signed up."""
    row = await fetch_row(
        "UPDATE training_signup SET withdrawn_at = $3 WHERE session_id = $1 AND volunteer_id = $2"
        " AND withdrawn_at IS NULL RETURNING id",
        session_id, volunteer_id, now,
    )  # fmt: skip
    return row is not None


async def complete(completions: Iterable[Completion]) -> None:
    rows: list[tuple[Any, ...]] = [msgspec.structs.astuple(one) for one in completions]
    await bulk.insert("training_completion", Completion.__struct_fields__, rows)


async def attended(session_id: UUID, volunteer_ids: Collection[UUID]) -> set[UUID]:
    """Which of them completed the session already."""
    rows = await fetch(
        "SELECT volunteer_id FROM training_completion WHERE session_id = $1"
        " AND volunteer_id = ANY($2) AND struck_at IS NULL",
        session_id, list(volunteer_ids),
    )  # fmt: skip
    return {row["volunteer_id"] for row in rows}


async def strike(
    session_id: UUID, volunteer_id: UUID, now: datetime, staff_id: UUID, reason: str
) -> list[str]:
    """The topics that count no more, in code order; none: he was not on the list."""
    rows = await fetch(
        "UPDATE training_completion SET struck_at = $3, struck_by = $4, struck_reason = $5"
        " WHERE session_id = $1 AND volunteer_id = $2 AND struck_at IS NULL RETURNING topic",
        session_id, volunteer_id, now, staff_id, reason,
    )  # fmt: skip
    return sorted(row["topic"] for row in rows)


async def attendance(session_id: UUID) -> list[Completion]:
    """Who came, in the order it was written down; also what was struck."""
    rows = await fetch(
        f"SELECT {_COMPLETION} FROM training_completion WHERE session_id = $1 ORDER BY id",
        session_id,
    )
    return [Completion(**row) for row in rows]


async def completions_of(volunteer_id: UUID) -> list[Completion]:
    """All of a volunteer's, oldest first; also what was struck."""
    rows = await fetch(
        f"SELECT {_COMPLETION} FROM training_completion WHERE volunteer_id = $1"
        " ORDER BY completed_on, topic",
        volunteer_id,
    )
    return [Completion(**row) for row in rows]
