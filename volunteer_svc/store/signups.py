"""Who signed up for what, in which order; and what those people were told."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.activity import SignupState
from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch, fetch_row


class Signup(msgspec.Struct, frozen=True, kw_only=True):
    """`number`: the place in the order of arrival; `entered_by` None: the volunteer himself."""

    id: UUID
    activity_id: UUID
    volunteer_id: UUID
    number: int
    state: SignupState
    entered_by: UUID | None
    entered_at: datetime
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: UUID | None = None
    end_reason: str = ""


class Birth(msgspec.Struct, frozen=True, kw_only=True):
    """`guardian_consents`: no consent was taken back that a later reinstatement did not renew."""

    birth_date: date
    guardian_consents: bool


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody is to be told about an activity he signed up for."""

    id: UUID
    activity_id: UUID
    volunteer_id: UUID
    kind: str
    made_at: datetime
    read_at: datetime | None = None


_COLUMNS = Signup.__struct_fields__
_ROW = ", ".join(_COLUMNS)
_NOTICE = Notice.__struct_fields__


async def insert(signups: Iterable[Signup]) -> None:
    """Raises database.Violation when one of the volunteers has signed up already."""
    await bulk.insert("signup", _COLUMNS, [msgspec.structs.astuple(one) for one in signups])


async def standing(activity_id: UUID, volunteer_id: UUID) -> Signup | None:
    """The sign-up that holds: confirmed, or on the waiting list."""
    row = await fetch_row(
        f"SELECT {_ROW} FROM signup WHERE activity_id = $1 AND volunteer_id = $2"
        " AND state IN ('confirmed', 'waiting')",
        activity_id, volunteer_id,
    )  # fmt: skip
    return Signup(**row) if row else None


async def standing_here(activity_id: UUID, volunteer_ids: Collection[UUID]) -> list[UUID]:
    """Which of the volunteers have a sign-up that holds."""
    rows = await fetch(
        "SELECT volunteer_id FROM signup WHERE activity_id = $1 AND volunteer_id = ANY($2)"
        " AND state IN ('confirmed', 'waiting')",
        activity_id, list(volunteer_ids),
    )  # fmt: skip
    return [row["volunteer_id"] for row in rows]


async def waiting_count(activity_id: UUID) -> int:
    """How many wait. Of a locked activity nobody comes between: whoever signs up next stands
    behind all of them."""
    row = await fetch_row(
        "SELECT count(*)::int AS n FROM signup WHERE activity_id = $1 AND state = 'waiting'",
        activity_id,
    )
    return row["n"] if row else 0


async def standing_among(volunteer_id: UUID, activity_ids: Collection[UUID]) -> dict[UUID, Signup]:
    """A volunteer's sign-ups that hold, by activity."""
    rows = await fetch(
        f"SELECT {_ROW} FROM signup WHERE volunteer_id = $1 AND activity_id = ANY($2)"
        " AND state IN ('confirmed', 'waiting')",
        volunteer_id, list(activity_ids),
    )  # fmt: skip
    return {row["activity_id"]: Signup(**row) for row in rows}


async def agenda(
    volunteer_id: UUID, *, over: datetime, past: bool, behind: UUID | None, limit: int
) -> list[Signup]:
    """By the start of their activities: those of activities that end after `over`, the next
    first; or all others and the withdrawn ones, the latest first."""
    further, order = ("<", "DESC") if past else (">", "ASC")
    rows = await fetch(
        f"""
        SELECT {", ".join(f"s.{name}" for name in _COLUMNS)}
        FROM signup s JOIN activity a ON a.id = s.activity_id
        WHERE s.volunteer_id = $1 AND (a.ended_at > $2 AND s.state <> 'withdrawn') <> $3
            AND ($4::uuid IS NULL OR (a.started_at, s.id) {further} (SELECT b.started_at, o.id
                FROM signup o JOIN activity b ON b.id = o.activity_id WHERE o.id = $4))
        ORDER BY a.started_at {order}, s.id {order} LIMIT $5
        """,
        volunteer_id, over, past, behind, limit,
    )  # fmt: skip
    return [Signup(**row) for row in rows]


async def standing_of(activity_id: UUID) -> list[Signup]:
    """All that hold, in the order of arrival; the activity's capacity bounds those confirmed."""
    rows = await fetch(
        f"SELECT {_ROW} FROM signup WHERE activity_id = $1"
        " AND state IN ('confirmed', 'waiting') ORDER BY number",
        activity_id,
    )
    return [Signup(**row) for row in rows]


async def waiting(activity_id: UUID, *, after: int, limit: int) -> list[Signup]:
    """The waiting list behind that number, in its order."""
    rows = await fetch(
        f"SELECT {_ROW} FROM signup WHERE activity_id = $1 AND state = 'waiting' AND number > $2"
        " ORDER BY number LIMIT $3",
        activity_id, after, limit,
    )  # fmt: skip
    return [Signup(**row) for row in rows]


async def places(signup_ids: Collection[UUID]) -> dict[UUID, int]:
    """Of those that wait: the place in their waiting list, from 1."""
    rows = await fetch(
        "SELECT s.id, (SELECT count(*) FROM signup o WHERE o.activity_id = s.activity_id"
        " AND o.state = 'waiting' AND o.number <= s.number)::int AS place"
        " FROM signup s WHERE s.id = ANY($1) AND s.state = 'waiting'",
        list(signup_ids),
    )
    return dict(rows)


async def confirm(signup_ids: Collection[UUID], at: datetime) -> None:
    await execute(
        "UPDATE signup SET state = 'confirmed', confirmed_at = $2 WHERE id = ANY($1)",
        list(signup_ids), at,
    )  # fmt: skip


async def end(
    signup_ids: Collection[UUID],
    state: SignupState,
    at: datetime,
    ended_by: UUID | None,
    reason: str,
) -> None:
    await execute(
        "UPDATE signup SET state = $2, ended_at = $3, ended_by = $4, end_reason = $5"
        " WHERE id = ANY($1)",
        list(signup_ids), state, at, ended_by, reason,
    )  # fmt: skip


async def listing(
    *, activity_id: UUID | None, volunteer_id: UUID | None, after: UUID | None, limit: int
) -> list[Signup]:
    """Of an activity or of a volunteer, in the order they were made."""
    rows = await fetch(
        f"""
        SELECT {_ROW} FROM signup
        WHERE ($1::uuid IS NULL OR activity_id = $1) AND ($2::uuid IS NULL OR volunteer_id = $2)
            AND ($3::uuid IS NULL OR id > $3)
        ORDER BY id LIMIT $4
        """,
        activity_id, volunteer_id, after, limit,
    )  # fmt: skip
    return [Signup(**row) for row in rows]


async def expected(activity_id: UUID, *, after: UUID | None, limit: int) -> list[Signup]:
    """Who has a place, in the order of arrival."""
    rows = await fetch(
        f"SELECT {_ROW} FROM signup WHERE activity_id = $1 AND state = 'confirmed'"
        " AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        activity_id, after, limit,
    )  # fmt: skip
    return [Signup(**row) for row in rows]


async def births(volunteer_ids: Collection[UUID]) -> dict[UUID, Birth]:
    """What the gates ask of people; who was erased is left out."""
    rows = await fetch(
        """
        SELECT p.volunteer_id, p.birth_date, NOT EXISTS (
            SELECT FROM consent_withdrawal w WHERE w.volunteer_id = p.volunteer_id
                AND w.kind = 'guardian' AND NOT EXISTS (
                    SELECT FROM suspension s WHERE s.volunteer_id = p.volunteer_id
                        AND s.to_on >= (w.withdrawn_at AT TIME ZONE 'Asia/Shanghai')::date)
        ) AS guardian_consents
        FROM person p WHERE p.volunteer_id = ANY($1)
        """,
        list(volunteer_ids),
    )
    return {
        row["volunteer_id"]: Birth(
            birth_date=row["birth_date"], guardian_consents=row["guardian_consents"]
        )
        for row in rows
    }


async def notify(notices: Iterable[Notice]) -> None:
    await bulk.insert(
        "activity_notice", _NOTICE, [msgspec.structs.astuple(notice) for notice in notices]
    )


async def notices_of(
    volunteer_id: UUID, *, after: UUID | None, limit: int, newest_first: bool = False
) -> list[Notice]:
    """As they were made, or the latest first; behind the notice `after`."""
    behind, order = ("<", "DESC") if newest_first else (">", "ASC")
    rows = await fetch(
        f"SELECT {', '.join(_NOTICE)} FROM activity_notice WHERE volunteer_id = $1"
        f" AND ($2::uuid IS NULL OR id {behind} $2) ORDER BY id {order} LIMIT $3",
        volunteer_id, after, limit,
    )  # fmt: skip
    return [Notice(**row) for row in rows]


async def unread(volunteer_id: UUID) -> int:
    row = await fetch_row(
        "SELECT count(*)::int AS n FROM activity_notice WHERE volunteer_id = $1"
        " AND read_at IS NULL",
        volunteer_id,
    )
    return row["n"] if row else 0


async def noticed(notice_id: UUID) -> UUID | None:
    """The activity that a notice is about."""
    row = await fetch_row("SELECT activity_id FROM activity_notice WHERE id = $1", notice_id)
    return row["activity_id"] if row else None


async def mark_read(volunteer_id: UUID, at: datetime) -> int:
    """How many were unread."""
    rows = await fetch(
        "UPDATE activity_notice SET read_at = $2 WHERE volunteer_id = $1 AND read_at IS NULL"
        " RETURNING id",
        volunteer_id, at,
    )  # fmt: skip
    return len(rows)
