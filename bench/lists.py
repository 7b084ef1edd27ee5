"""The county's annual list over a million records, beside the bare SQL of the same list."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from statistics import median
from typing import Any

from bench.figures import Figure
from bench.ground import Ground, say
from bench.quiet import Meter
from volunteer_svc import clock, ids
from volunteer_svc.actions import recognitions
from volunteer_svc.actions.command import Call
from volunteer_svc.commands.session import ready
from volunteer_svc.domain.actor import Staff
from volunteer_svc.store import database

_TIMES = 15
_BARE = """
SELECT t.volunteer_id, v.member_no, p.name, t.minutes
FROM year_total AS t
JOIN volunteer v ON v.id = t.volunteer_id JOIN person p ON p.volunteer_id = t.volunteer_id
WHERE t.year = $1 AND EXISTS (SELECT FROM registration r WHERE r.volunteer_id = t.volunteer_id
        AND r.inducted_on <= $2 AND (r.ended_on IS NULL OR r.ended_on > $2))
    AND NOT EXISTS (SELECT FROM suspension s WHERE s.volunteer_id = t.volunteer_id
        AND s.from_on <= $2 + 1 AND (s.to_on IS NULL OR s.to_on > $2 + 1))
ORDER BY t.minutes DESC FETCH FIRST 10 ROWS WITH TIES
"""


def measure(place: Ground, _: float) -> Iterator[Figure]:
    """Median milliseconds, taken in turn."""
    meter = Meter.when_quiet()
    ours, bare = asyncio.run(_measure(place))
    say(f"  list: {min(ours):.1f} to {max(ours):.1f} ms; others {meter.others():.0%}")
    yield Figure(name="county_list_p50_ms", ours=median(ours), ceiling=median(bare), at_most=20)


async def _measure(place: Ground) -> tuple[list[float], list[float]]:
    year = place.today.year - 1
    call = Call(actor=Staff(ids.uuid7(), "county"), now=clock.now())
    ours, bare = [], []
    async with ready(place.config):
        for _ in range(_TIMES):
            ours.append(await _ms(lambda: recognitions.read_recognition(call, year, None)))
            bare.append(await _ms(lambda: database.fetch(_BARE, year, date(year, 12, 31))))
    # The first of each has opened connections and prepared statements.
    return ours[1:], bare[1:]


async def _ms(work: Callable[[], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    await work()
    return 1000 * (time.perf_counter() - started)
