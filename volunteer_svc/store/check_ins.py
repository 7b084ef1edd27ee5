"""Who is there, since when, and which codes have been used."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from volunteer_svc.domain.check_in import CheckInState, Direction
from volunteer_svc.store import bulk
from volunteer_svc.store.database import execute, fetch, fetch_row


class CheckIn(msgspec.Struct, frozen=True, kw_only=True):
    """`in_by`, `out_by` None: the volunteer himself, by the code of the site.

    `forgotten`: the end is the activity's, and its record waits for staff. `void`: no record came
    of it; `fault` says why.
    """

    id: UUID
    activity_id: UUID
    volunteer_id: UUID
    state: CheckInState
    in_at: datetime
    in_by: UUID | None
    out_at: datetime | None = None
    out_by: UUID | None = None
    record_id: UUID | None = None
    fault: str | None = None


_COLUMNS = CheckIn.__struct_fields__
_ROW = ", ".join(_COLUMNS)


async def insert(check_in: CheckIn) -> None:
    """Raises database.Violation when the volunteer is there already."""
    await bulk.insert("check_in", _COLUMNS, [msgspec.structs.astuple(check_in)])


async def use_code(activity_id: UUID, volunteer_id: UUID, direction: Direction, step: int) -> bool:
    """Whether this person had not used the code in this direction before."""
    row = await fetch_row(
        "INSERT INTO used_code (activity_id, volunteer_id, direction, step)"
        " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING step",
        activity_id, volunteer_id, direction, step,
    )  # fmt: skip
    return row is not None


async def lock_open(activity_id: UUID, volunteer_id: UUID) -> CheckIn | None:
    """The check-in that is not over, locked until the command ends."""
    row = await fetch_row(
        f"SELECT {_ROW} FROM check_in WHERE activity_id = $1 AND volunteer_id = $2"
        " AND state = 'open' FOR UPDATE",
        activity_id, volunteer_id,
    )  # fmt: skip
    return CheckIn(**row) if row else None


async def latest(activity_id: UUID, volunteer_id: UUID) -> CheckIn | None:
    row = await fetch_row(
        f"SELECT {_ROW} FROM check_in WHERE activity_id = $1 AND volunteer_id = $2"
        " ORDER BY id DESC LIMIT 1",
        activity_id, volunteer_id,
    )  # fmt: skip
    return CheckIn(**row) if row else None


async def latest_of(volunteer_id: UUID, activity_ids: Collection[UUID]) -> dict[UUID, CheckIn]:
    """A volunteer's latest at each of the activities."""
    rows = await fetch(
        f"SELECT DISTINCT ON (activity_id) {_ROW} FROM check_in"
        " WHERE volunteer_id = $1 AND activity_id = ANY($2) ORDER BY activity_id, id DESC",
        volunteer_id, list(activity_ids),
    )  # fmt: skip
    return {row["activity_id"]: CheckIn(**row) for row in rows}


async def latest_here(activity_id: UUID, volunteer_ids: Collection[UUID]) -> dict[UUID, CheckIn]:
    """The latest of each of the volunteers at an activity."""
    rows = await fetch(
        f"SELECT DISTINCT ON (volunteer_id) {_ROW} FROM check_in"
        " WHERE activity_id = $1 AND volunteer_id = ANY($2) ORDER BY volunteer_id, id DESC",
        activity_id, list(volunteer_ids),
    )  # fmt: skip
    return {row["volunteer_id"]: CheckIn(**row) for row in rows}


async def present(activity_id: UUID) -> int:
    """How many check-ins are not over."""
    row = await fetch_row(
        "SELECT count(*)::int AS n FROM check_in WHERE activity_id = $1 AND state = 'open'",
        activity_id,
    )
    return row["n"] if row else 0


async def finish(check_in: CheckIn) -> None:
    """Write how a locked check-in ended."""
    await execute(
        "UPDATE check_in SET state = $2, out_at = $3, out_by = $4, record_id = $5, fault = $6"
        " WHERE id = $1",
        check_in.id, check_in.state, check_in.out_at, check_in.out_by, check_in.record_id,
        check_in.fault,
    )  # fmt: skip


async def void_open(activity_id: UUID, at: datetime, fault: str) -> None:
    """Nothing comes of those who are there: the activity does not take place."""
    await execute(
        "UPDATE check_in SET state = 'void', out_at = greatest($2, in_at), fault = $3"
        " WHERE activity_id = $1 AND state = 'open'",
        activity_id, at, fault,
    )  # fmt: skip


async def lock_forgotten(ended_before: datetime, limit: int) -> list[CheckIn]:
    """Open check-ins of activities that ended before then; what others have locked is left out."""
    rows = await fetch(
        f"SELECT {', '.join(f'c.{name}' for name in _COLUMNS)} FROM check_in c"
        " JOIN activity a ON a.id = c.activity_id WHERE c.state = 'open' AND a.ended_at < $1"
        " ORDER BY c.id LIMIT $2 FOR UPDATE OF c SKIP LOCKED",
        ended_before, limit,
    )  # fmt: skip
    return [CheckIn(**row) for row in rows]


async def listing(activity_id: UUID, *, after: UUID | None, limit: int) -> list[CheckIn]:
    """In the order in which people came."""
    rows = await fetch(
        f"SELECT {_ROW} FROM check_in WHERE activity_id = $1 AND ($2::uuid IS NULL OR id > $2)"
        " ORDER BY id LIMIT $3",
        activity_id, after, limit,
    )  # fmt: skip
    return [CheckIn(**row) for row in rows]


async def forget_codes(before_step: int) -> None:
    """Codes older than that step are refused for their age alone."""
    await execute("DELETE FROM used_code WHERE step < $1", before_step)
