"""Lanes: what waits for each endpoint, by subject, with the event at its head.

A lane is a row however many events wait in it: what follows its head is found in the log. So
claims stay fast with any number waiting, and the first deliveries of a subject stay in order.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from volunteer_svc.domain.webhook import FAILURES_OPEN, LaneKind, OnFailure
from volunteer_svc.store.database import execute, fetch, fetch_row

# Which events of the log (`l`) an endpoint (`e`) is to have.
_WANTED = """
l.seq >= e.from_seq
    AND (e.types = '{}' OR l.name = ANY(e.types))
    AND (e.stations = '{}' OR l.station_id = ANY(e.stations))
    AND (e.sensitive OR l.name NOT LIKE 'complaint.%')
    AND l.subject <> 'endpoint/' || e.id
"""
_LAY = f"""
INSERT INTO lane (endpoint_id, name, kind, subject, head_seq, tail_seq, attempts, claim, due_at)
SELECT e.id, l.subject, 'subject', l.subject, min(l.seq), max(l.seq), 0, 0, $3
FROM event_log l JOIN endpoint e ON {_WANTED}
WHERE l.seq > $1 AND l.seq <= $2
"""


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """The head of a lane, lent to this process until its lease is over.

    `body` is None when the log holds the event no longer, or the filter drops it by now.
    """

    endpoint_id: UUID
    name: str
    kind: LaneKind
    claim: int
    attempts: int
    sequence: int | None
    event_id: UUID | None
    event_name: str | None
    body: str | None
    url: str
    on_failure: OnFailure


async def fanned() -> int | None:
    """Up to which event lanes are laid, locked; None while another process lays them."""
    row = await fetch_row("SELECT fanned_seq FROM fan_out FOR UPDATE SKIP LOCKED")
    return row["fanned_seq"] if row else None


async def hold_fan_out() -> int:
    """Nobody lays lanes until this transaction ends. Up to which event they are laid."""
    row = await fetch_row("SELECT fanned_seq FROM fan_out FOR UPDATE")
    assert row is not None  # noqa: S101 - the migration made it # nosec B101
    return int(row["fanned_seq"])


async def is_behind() -> bool:
    """Whether there are events without lanes."""
    row = await fetch_row("SELECT h.last_seq > f.fanned_seq AS behind FROM event_head h, fan_out f")
    return bool(row and row["behind"])


async def lay(after: int, until: int, now: datetime) -> None:
    """Let the events behind number `after` wait for whom they concern."""
    await execute(
        f"{_LAY} AND e.state IN ('active', 'paused') GROUP BY e.id, l.subject"
        " ORDER BY e.id, l.subject"
        " ON CONFLICT (endpoint_id, name) DO UPDATE"
        " SET tail_seq = greatest(lane.tail_seq, excluded.tail_seq)",
        after, until, now,
    )  # fmt: skip
    await execute("UPDATE fan_out SET fanned_seq = $1", until)


async def lay_again(endpoint_id: UUID, after: int, until: int, now: datetime) -> int:
    """Let all events between wait for the endpoint, sent before or not; in how many lanes.

    A lane that stands behind goes back; who is delivering its head has been overtaken.
    """
    rows = await fetch(
        f"""
        {_LAY} AND e.id = $4 GROUP BY e.id, l.subject ORDER BY e.id, l.subject
        ON CONFLICT (endpoint_id, name) DO UPDATE
        SET tail_seq = greatest(lane.tail_seq, excluded.tail_seq),
            head_seq = least(lane.head_seq, excluded.head_seq),
            attempts = 0, claim = nextval('lane_claim'), due_at = excluded.due_at
        RETURNING 1
        """,
        after, until, now, endpoint_id,
    )  # fmt: skip
    return len(rows)


async def add_one(
    endpoint_id: UUID,
    name: str,
    kind: LaneKind,
    now: datetime,
    *,
    sequence: int | None = None,
    event_id: UUID | None = None,
    body: str | None = None,
) -> None:
    """A lane for one event, or one sample. The same one again becomes due now."""
    await execute(
        "INSERT INTO lane (endpoint_id, name, kind, head_seq, tail_seq, body, event_id, attempts,"
        " claim, due_at) VALUES ($1, $2, $3, $4, $4, $5, $6, 0, 0, $7)"
        " ON CONFLICT (endpoint_id, name) DO UPDATE SET due_at = $7, attempts = 0,"
        " body = excluded.body, event_id = excluded.event_id, claim = nextval('lane_claim')",
        endpoint_id, name, kind, sequence, body, event_id, now,
    )  # fmt: skip


async def take_probes(now: datetime, next_at: datetime) -> list[UUID]:
    """Endpoints whose circuit is open and whose next probe is this process's."""
    rows = await fetch(
        "UPDATE endpoint_health h SET wait_until = $2 WHERE failures >= $3 AND wait_until <= $1"
        " AND EXISTS (SELECT FROM lane WHERE endpoint_id = h.endpoint_id AND due_at <= $1)"
        " AND EXISTS (SELECT FROM endpoint WHERE id = h.endpoint_id AND state = 'active')"
        " RETURNING endpoint_id",
        now, next_at, FAILURES_OPEN,
    )  # fmt: skip
    return [row["endpoint_id"] for row in rows]


# The filter is asked again: it may have changed since the lane was laid.
_CLAIM = f"""
WITH due AS MATERIALIZED (:due), claimed AS (
    UPDATE lane SET claim = nextval('lane_claim'), due_at = $2
    FROM due WHERE lane.endpoint_id = due.endpoint_id AND lane.name = due.name
    RETURNING lane.*
)
SELECT c.endpoint_id, c.name, c.kind, c.claim, c.attempts, c.head_seq AS sequence,
    coalesce(c.event_id, l.event_id) AS event_id, l.name AS event_name,
    coalesce(c.body, CASE WHEN c.kind = 'resend' OR ({_WANTED}) THEN l.body END) AS body,
    e.url, e.on_failure
FROM claimed c JOIN endpoint e ON e.id = c.endpoint_id
LEFT JOIN event_log l ON l.seq = c.head_seq AND l.seq >= (SELECT floor_seq FROM event_head)
"""
# In no order of endpoints: when there is more than the process can take, nobody is always last.
_CLAIM_DUE = _CLAIM.replace(
    ":due",
    """
    SELECT p.endpoint_id, p.name FROM (
        SELECT e.id, own.room FROM endpoint e JOIN endpoint_health h ON h.endpoint_id = e.id
        LEFT JOIN unnest($3::uuid[], $4::int[]) AS own (id, room) ON own.id = e.id
        WHERE e.state = 'active' AND (e.id = ANY($6::uuid[])
            OR (h.failures < $7 AND (h.wait_until IS NULL OR h.wait_until <= $1)))
        ORDER BY random()
    ) e
    CROSS JOIN LATERAL (
        SELECT endpoint_id, name FROM lane
        WHERE endpoint_id = e.id AND due_at <= $1 AND kind IN ('subject', 'late', 'resend')
        ORDER BY due_at, head_seq
        LIMIT CASE WHEN e.id = ANY($6::uuid[]) THEN 1 ELSE greatest(0, coalesce(e.room, $5)) END
        FOR UPDATE SKIP LOCKED
    ) p
    LIMIT $8
""",
)
_CLAIM_SAMPLES = _CLAIM.replace(
    ":due",
    """
    SELECT endpoint_id, name FROM lane WHERE due_at <= $1 AND kind IN ('test', 'challenge')
    ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
""",
)


async def claim(
    now: datetime,
    lease: timedelta,
    room: Mapping[UUID, int],
    *,
    room_else: int,
    probes: Sequence[UUID],
    limit: int,
) -> list[Claimed]:
    """Up to `limit` lanes that are due, the oldest of each endpoint first; lent for the lease.

    `room`: how many more this process takes for an endpoint, `room_else` for one not named;
    one for each of `probes`.
    """
    return _claimed(
        await fetch(
            _CLAIM_DUE, now, now + lease, list(room), list(room.values()), room_else,
            list(probes), FAILURES_OPEN, limit,
        )
    )  # fmt: skip


async def claim_samples(now: datetime, lease: timedelta, limit: int) -> list[Claimed]:
    """Challenges and tests that are due, whatever the endpoint's state."""
    return _claimed(await fetch(_CLAIM_SAMPLES, now, now + lease, limit))


def _claimed(rows: Sequence[Mapping[str, object]]) -> list[Claimed]:
    return [
        Claimed(**{name: row[name] for name in Claimed.__struct_fields__})  # type: ignore[arg-type]
        for row in rows
    ]


async def lock_own(claimed: Sequence[Claimed]) -> set[tuple[UUID, str]]:
    """Lock the lanes; those nobody has taken over, sent back or removed meanwhile.

    A statement of its own before those that look what follows: they then see every event that is
    behind a tail they find.
    """
    rows = await fetch(
        "SELECT lane.endpoint_id, lane.name FROM lane JOIN unnest($1::uuid[], $2::text[],"
        " $3::bigint[]) AS own (endpoint_id, name, claim) USING (endpoint_id, name, claim)"
        " ORDER BY lane.endpoint_id, lane.name FOR UPDATE OF lane",
        [one.endpoint_id for one in claimed], [one.name for one in claimed],
        [one.claim for one in claimed],
    )  # fmt: skip
    return {(row["endpoint_id"], row["name"]) for row in rows}


async def advance(lanes: Sequence[Claimed], now: datetime) -> None:
    """The heads of these locked lanes are done: the next event follows, or the lane ends."""
    if not lanes:
        return
    await execute(
        f"""
        WITH following AS (
            SELECT k.endpoint_id, k.name, (
                SELECT l.seq FROM event_log l
                WHERE k.tail_seq > k.head_seq AND l.subject = k.subject AND l.seq > k.head_seq
                    AND l.seq <= k.tail_seq AND l.seq >= (SELECT floor_seq FROM event_head)
                    AND {_WANTED}
                ORDER BY l.seq LIMIT 1) AS seq
            FROM unnest($1::uuid[], $2::text[]) AS own (endpoint_id, name)
            JOIN lane k USING (endpoint_id, name) JOIN endpoint e ON e.id = k.endpoint_id
        ), ended AS (
            DELETE FROM lane USING following f
            WHERE f.seq IS NULL AND lane.endpoint_id = f.endpoint_id AND lane.name = f.name
        )
        UPDATE lane SET head_seq = f.seq, attempts = 0, due_at = $3, claim = nextval('lane_claim')
        FROM following f
        WHERE f.seq IS NOT NULL AND lane.endpoint_id = f.endpoint_id AND lane.name = f.name
        """,
        [one.endpoint_id for one in lanes], [one.name for one in lanes], now,
    )  # fmt: skip


async def retry(lanes: Sequence[tuple[Claimed, int, datetime]]) -> None:
    """The heads of these locked lanes stay: attempts made, and when the next is due."""
    if not lanes:
        return
    await execute(
        "UPDATE lane SET attempts = n.attempts, due_at = n.due_at FROM unnest($1::uuid[],"
        " $2::text[], $3::int[], $4::timestamptz[]) AS n (endpoint_id, name, attempts, due_at)"
        " WHERE lane.endpoint_id = n.endpoint_id AND lane.name = n.name",
        [one.endpoint_id for one, _, _ in lanes], [one.name for one, _, _ in lanes],
        [attempts for _, attempts, _ in lanes], [due_at for _, _, due_at in lanes],
    )  # fmt: skip


async def set_aside(lanes: Sequence[tuple[Claimed, int, datetime]]) -> None:
    """The heads go on in lanes of their own, so that later events may pass them."""
    for one, attempts, due_at in lanes:
        await execute(
            "INSERT INTO lane (endpoint_id, name, kind, head_seq, tail_seq, attempts, claim,"
            " due_at) VALUES ($1, $2, 'late', $3, $3, $4, 0, $5)"
            " ON CONFLICT (endpoint_id, name) DO NOTHING",
            one.endpoint_id, f"late/{one.sequence}", one.sequence, attempts, due_at,
        )  # fmt: skip


async def release(lanes: Sequence[Claimed], now: datetime) -> None:
    """Give back what was not tried: anybody may take it at once."""
    await execute(
        "UPDATE lane SET due_at = $4 FROM unnest($1::uuid[], $2::text[], $3::bigint[])"
        " AS own (endpoint_id, name, claim) WHERE lane.endpoint_id = own.endpoint_id"
        " AND lane.name = own.name AND lane.claim = own.claim",
        [one.endpoint_id for one in lanes], [one.name for one in lanes],
        [one.claim for one in lanes], now,
    )  # fmt: skip


async def remove_all(endpoint_id: UUID) -> int | None:
    """Nothing waits for the endpoint any more. The first number that did."""
    rows = await fetch("DELETE FROM lane WHERE endpoint_id = $1 RETURNING head_seq", endpoint_id)
    return min((row["head_seq"] for row in rows if row["head_seq"] is not None), default=None)


class Waiting(msgspec.Struct, frozen=True):
    """What all endpoints wait for: lanes that are due, and since when the oldest is."""

    due: int
    oldest_due_at: datetime | None


async def waiting(now: datetime) -> Waiting:
    row = await fetch_row(
        "SELECT count(*) AS due, min(lane.due_at) AS oldest_due_at FROM lane"
        " JOIN endpoint e ON e.id = lane.endpoint_id AND e.state = 'active'"
        " WHERE lane.due_at <= $1",
        now,
    )
    return Waiting(**row) if row else Waiting(0, None)
