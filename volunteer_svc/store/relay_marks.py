"""Where the relay that leads stands: written by it, read by metrics and alarms."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from volunteer_svc.domain.alarm import Readings, Way
from volunteer_svc.store import event_log
from volunteer_svc.store.database import execute, fetch, fetch_row

SEQUENCER = "sequencer"
WEBHOOKS = "webhooks"
_MARK = """
INSERT INTO relay_mark (way, seq, problem, seen_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (way) DO UPDATE
    SET seq = excluded.seq, problem = excluded.problem, seen_at = excluded.seen_at
"""
_SEEN = """
INSERT INTO relay_mark (way, seq, seen_at) SELECT $1, last_seq, $2 FROM event_head
ON CONFLICT (way) DO UPDATE SET seq = excluded.seq, seen_at = excluded.seen_at
"""
_WAYS = """
SELECT way AS name, seq AS sequence, problem, seen_at, (SELECT happened_at FROM event_log
    WHERE seq > greatest(m.seq, $1) ORDER BY seq LIMIT 1) AS unsent_since
FROM relay_mark m ORDER BY way
"""


async def sequencing(connection: Any, now: datetime) -> None:
    """The sequencer is at work: told on its own connection."""
    await connection.execute(_SEEN, SEQUENCER, now)


async def delivering(now: datetime) -> None:
    """Some process has looked for deliveries that are due."""
    await execute(_SEEN, WEBHOOKS, now)


async def mark(way: str, seq: int, problem: str | None, now: datetime) -> None:
    await execute(_MARK, way, seq, problem, now)


async def keep_only(ways: Sequence[str]) -> None:
    """Forget ways that are not gone any more."""
    await execute(
        "DELETE FROM relay_mark WHERE way <> ALL($1::text[])", [*ways, SEQUENCER, WEBHOOKS]
    )


async def seq_of(way: str) -> int:
    """Where the way stood when it was last marked; 0 at first."""
    row = await fetch_row("SELECT seq FROM relay_mark WHERE way = $1", way)
    return row["seq"] if row else 0


async def readings() -> Readings:
    """Everything at once, of a moment."""
    head = await event_log.head()
    outbox = await fetch_row(
        "SELECT count(*) AS waiting, (SELECT happened_at FROM outbox ORDER BY id LIMIT 1) AS since"
        " FROM outbox"
    )
    ways = {row["name"]: row for row in await fetch(_WAYS, head.floor_seq - 1)}
    sequencer, webhooks = ways.pop(SEQUENCER, None), ways.pop(WEBHOOKS, None)
    since: datetime | None = outbox["since"] if outbox else None
    return Readings(
        head=head.last_seq,
        outbox=outbox["waiting"] if outbox else 0,
        outbox_since=since,
        sequencer_seen_at=sequencer["seen_at"] if sequencer else None,
        webhooks_seen_at=webhooks["seen_at"] if webhooks else None,
        ways=tuple(msgspec.convert(dict(row), Way) for row in ways.values()),
    )
