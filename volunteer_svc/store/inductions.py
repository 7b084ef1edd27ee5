"""Induction sessions and who attended them."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

import msgspec

from volunteer_svc.store import bulk, tables
from volunteer_svc.store.database import execute, fetch, fetch_row


class InductionSession(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    station_id: UUID
    held_on: date
    place: str
    created_by: UUID
    created_at: datetime


class Attendance(msgspec.Struct, frozen=True, kw_only=True):
    """`counted`: it made, or will make, the registration active, unless it was taken back."""

    id: UUID
    session_id: UUID
    volunteer_id: UUID
    registration_id: UUID
    counted: bool
    recorded_by: UUID
    recorded_at: datetime
    revoked_at: datetime | None = None
    revoked_by: UUID | None = None
    revoked_reason: str | None = None


class AttendedDay(msgspec.Struct, frozen=True, kw_only=True):
    """An attendance that stands, by its id, and the day of its session."""

    id: UUID
    held_on: date


class ComingSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is still to come. `signed_up`: the volunteer means to be there."""

    id: UUID
    station_id: UUID
    held_on: date
    place: str
    signed_up: bool


class SignUp(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody means to come."""

    volunteer_id: UUID
    session_id: UUID
    signed_up_at: datetime


async def insert(session: InductionSession) -> None:
    """Raises database.Violation when the station has one that day at that place."""
    values = msgspec.structs.asdict(session)
    await tables.InductionSession.insert(tables.InductionSession(**values))


async def find(session_id: UUID) -> InductionSession | None:
    table = tables.InductionSession
    row = await table.select().where(table.id == session_id).first()
    return InductionSession(**row) if row else None


async def listing(
    *, station_id: UUID | None, after: UUID | None, limit: int
) -> list[InductionSession]:
    """In the order they were made."""
    table = tables.InductionSession
    query = table.select().order_by(table.id).limit(limit)
    if station_id is not None:
        query = query.where(table.station_id == station_id)
    if after is not None:
        query = query.where(table.id > after)
    return [InductionSession(**row) for row in await query]


async def coming(
    volunteer_id: UUID, *, station_id: UUID, since: date, until: date | None, limit: int
) -> list[ComingSession]:
    """Sessions of a station from `since` to `until` (None: without end), the next one first."""
    rows = await fetch(
        """
        SELECT s.id, s.station_id, s.held_on, s.place, u.volunteer_id IS NOT NULL AS signed_up
        FROM induction_session s
        LEFT JOIN induction_sign_up u ON u.session_id = s.id AND u.volunteer_id = $1
        WHERE s.station_id = $2 AND s.held_on >= $3 AND ($4::date IS NULL OR s.held_on <= $4)
        ORDER BY s.held_on, s.id LIMIT $5
        """,
        volunteer_id, station_id, since, until, limit,
    )  # fmt: skip
    return [ComingSession(**row) for row in rows]


async def sign_up(one: SignUp) -> None:
    """In the place of the one before."""
    await execute(
        "INSERT INTO induction_sign_up (volunteer_id, session_id, signed_up_at)"
        " VALUES ($1, $2, $3) ON CONFLICT (volunteer_id)"
        " DO UPDATE SET session_id = $2, signed_up_at = $3",
        one.volunteer_id, one.session_id, one.signed_up_at,
    )  # fmt: skip


async def sign_up_of(volunteer_id: UUID) -> SignUp | None:
    row = await fetch_row(
        "SELECT volunteer_id, session_id, signed_up_at FROM induction_sign_up"
        " WHERE volunteer_id = $1",
        volunteer_id,
    )
    return SignUp(**row) if row else None


async def take_back(volunteer_ids: Collection[UUID]) -> int:
    """How many were signed up for anything."""
    rows = await fetch(
        "DELETE FROM induction_sign_up WHERE volunteer_id = ANY($1) RETURNING 1",
        list(volunteer_ids),
    )
    return len(rows)


async def signed_up(session_id: UUID, limit: int) -> list[UUID]:
    """Who means to come, in the order they said so."""
    rows = await fetch(
        "SELECT volunteer_id FROM induction_sign_up WHERE session_id = $1"
        " ORDER BY signed_up_at, volunteer_id LIMIT $2",
        session_id, limit,
    )  # fmt: skip
    return [row["volunteer_id"] for row in rows]


class CalendarRow(msgspec.Struct, frozen=True, kw_only=True):
    """A session with how many are on its list, and for how many of them it counted."""

    session: InductionSession
    attended: int
    counted: int


async def calendar(*, station_id: UUID | None, after: UUID | None, limit: int) -> list[CalendarRow]:
    """The latest day first, behind the session `after`."""
    columns = ", ".join(f"s.{name}" for name in InductionSession.__struct_fields__)
    rows = await fetch(
        f"""
        SELECT {columns}, count(a.id) AS attended, count(a.id) FILTER (WHERE a.counted) AS counted
        FROM induction_session s
        LEFT JOIN attendance a ON a.session_id = s.id AND a.revoked_at IS NULL
        WHERE ($1::uuid IS NULL OR s.station_id = $1) AND ($2::uuid IS NULL OR (s.held_on, s.id)
            < (SELECT held_on, id FROM induction_session WHERE id = $2))
        GROUP BY s.id ORDER BY s.held_on DESC, s.id DESC LIMIT $3
        """,
        station_id, after, limit,
    )  # fmt: skip
    names = InductionSession.__struct_fields__
    return [
        CalendarRow(
            session=InductionSession(**{name: row[name] for name in names}),
            attended=row["attended"],
            counted=row["counted"],
        )
        for row in rows
    ]


async def ensure(sessions: Iterable[InductionSession]) -> dict[tuple[UUID, date], UUID]:
    """The sessions of paper sheets by station and date, made where there are none yet."""
    asked = list(sessions)
    await fetch(
        """
        INSERT INTO induction_session (id, station_id, held_on, place, created_by, created_at)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::date[], $4::text[], $5::uuid[],
                             $6::timestamptz[])
        ON CONFLICT DO NOTHING
        """,
        *(
            [getattr(session, name) for session in asked]
            for name in InductionSession.__struct_fields__
        ),
    )
    rows = await fetch(
        "SELECT s.station_id, s.held_on, s.id FROM induction_session s"
        " JOIN unnest($1::uuid[], $2::date[], $3::text[]) AS asked (station_id, held_on, place)"
        " USING (station_id, held_on, place)",
        [s.station_id for s in asked],
        [s.held_on for s in asked],
        [s.place for s in asked],
    )
    return {(row["station_id"], row["held_on"]): row["id"] for row in rows}


async def attend(attendances: Iterable[Attendance]) -> None:
    await bulk.insert(
        "attendance",
        Attendance.__struct_fields__,
        [msgspec.structs.astuple(a) for a in attendances],
    )


async def list_of(session_id: UUID) -> list[Attendance]:
    """Who is on a session's list, in the order written; also what was taken back."""
    fields = ", ".join(Attendance.__struct_fields__)
    rows = await fetch(
        f"SELECT {fields} FROM attendance WHERE session_id = $1 ORDER BY id", session_id
    )
    return [Attendance(**row) for row in rows]


async def attended(session_id: UUID, volunteer_ids: Collection[UUID]) -> set[UUID]:
    """Which of the volunteers are on the session's list already."""
    rows = await fetch(
        "SELECT volunteer_id FROM attendance WHERE session_id = $1 AND volunteer_id = ANY($2)"
        " AND revoked_at IS NULL",
        session_id, list(volunteer_ids),
    )  # fmt: skip
    return {row["volunteer_id"] for row in rows}


async def line_of(session_id: UUID, volunteer_id: UUID) -> Attendance | None:
    """The line of a volunteer that stands on a session's list: of two the last."""
    fields = ", ".join(Attendance.__struct_fields__)
    row = await fetch_row(
        f"SELECT {fields} FROM attendance WHERE session_id = $1 AND volunteer_id = $2"
        " AND revoked_at IS NULL ORDER BY id DESC LIMIT 1",
        session_id, volunteer_id,
    )  # fmt: skip
    return Attendance(**row) if row else None


async def revoke(attendance_id: UUID, now: datetime, staff_id: UUID, reason: str) -> None:
    await execute(
        "UPDATE attendance SET revoked_at = $2, revoked_by = $3, revoked_reason = $4 WHERE id = $1",
        attendance_id, now, staff_id, reason,
    )  # fmt: skip


async def standing(registration_id: UUID) -> list[AttendedDay]:
    """What a registration attended and was not taken back, the first day first."""
    rows = await fetch(
        "SELECT a.id, s.held_on FROM attendance a JOIN induction_session s ON s.id = a.session_id"
        " WHERE a.registration_id = $1 AND a.revoked_at IS NULL ORDER BY s.held_on, a.id",
        registration_id,
    )
    return [AttendedDay(**row) for row in rows]


async def count_line(attendance_id: UUID) -> None:
    """It makes the registration active, as another was taken back."""
    await execute("UPDATE attendance SET counted = true WHERE id = $1", attendance_id)


async def revoked_days(volunteer_id: UUID) -> list[tuple[datetime, date]]:
    """When inductions of the volunteer that counted were taken back, and their days."""
    rows = await fetch(
        "SELECT a.revoked_at, s.held_on FROM attendance a"
        " JOIN induction_session s ON s.id = a.session_id"
        " WHERE a.volunteer_id = $1 AND a.revoked_at IS NOT NULL AND a.counted ORDER BY a.id",
        volunteer_id,
    )
    return [(row["revoked_at"], row["held_on"]) for row in rows]
