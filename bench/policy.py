"""A policy's dry run over 100 000 volunteers, beside reading their rows and nothing else."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from statistics import median
from typing import Any

from bench.figures import Figure
from bench.ground import Ground, say
from bench.quiet import Meter
from volunteer_svc import clock, ids, store
from volunteer_svc.actions import policies
from volunteer_svc.actions.command import Call
from volunteer_svc.commands.session import ready
from volunteer_svc.domain.actor import Staff
from volunteer_svc.store import database
from volunteer_svc.store.transaction import in_transaction

VOLUNTEERS = 100_000
_TIMES = 5
_CHUNK = 20_000
# As many more as are missing, with the totals of those there are; nobody else reads them.
_MORE = """
INSERT INTO volunteer (id, station_id, counted_minutes, star, rated_under, ledger_seq, version,
    revision, created_at, ledger_hash)
SELECT gen_random_uuid(), station_id, counted_minutes, star, rated_under, 0, 0, 1, $1, $2
FROM (SELECT * FROM volunteer UNION ALL SELECT * FROM volunteer) AS twice
LIMIT greatest($3 - (SELECT count(*) FROM volunteer), 0)
"""


def measure(place: Ground, _: float) -> Iterator[Figure]:
    """Median seconds, taken in turn."""
    meter = Meter.when_quiet()
    ours, bare = asyncio.run(_measure(place))
    say(f"  dry run: {min(ours):.2f} to {max(ours):.2f} s; others {meter.others():.0%}")
    yield Figure(
        name="policy_dry_run_s", ours=median(ours), ceiling=median(bare), at_most=5, unit=" s"
    )


async def _measure(place: Ground) -> tuple[list[float], list[float]]:
    call = Call(actor=Staff(ids.uuid7(), "county"), now=clock.now())
    ours, bare, marker = [], [], b"\0" * 32
    async with ready(place.config):
        await database.execute(_MORE, call.now, marker, VOLUNTEERS)
        for _ in range(_TIMES):
            ours.append(await _seconds(lambda: policies.dry_run(call, "jilin-2021")))
            bare.append(await _seconds(_rows))
        told = await policies.dry_run(call, "jilin-2021")
        if told.volunteers < VOLUNTEERS:
            raise RuntimeError(f"only {told.volunteers} volunteers")
        await in_transaction(lambda: _take_out(marker, call.now))
    return ours, bare


async def _take_out(marker: bytes, made_at: datetime) -> None:
    # As a replica: of the service nobody is ever deleted, and the database refuses it.
    await database.execute("SET LOCAL session_replication_role = replica")
    await database.execute(
        "DELETE FROM volunteer WHERE ledger_seq = 0 AND ledger_hash = $1 AND member_no IS NULL"
        " AND created_at = $2",
        marker, made_at,
    )  # fmt: skip


async def _rows() -> None:
    after = None
    while chunk := await store.re_evaluations.rated(after=after, limit=_CHUNK):
        after = chunk[-1].volunteer_id


async def _seconds(work: Callable[[], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started
