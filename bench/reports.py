"""A year's report of a station over a million records, beside reading its rows and nothing else."""

import asyncio
import time
from collections.abc import Awaitable, Iterator
from datetime import date
from statistics import median
from typing import Any

from bench.entries import station_id
from bench.figures import Figure
from bench.ground import Ground, say
from bench.quiet import Meter
from volunteer_svc import clock, ids
from volunteer_svc.actions import reports
from volunteer_svc.actions.command import Call
from volunteer_svc.commands.session import ready
from volunteer_svc.domain.actor import Staff
from volunteer_svc.store import database

_TIMES = 11
_TIMES_COUNTY = 3
_BARE = """
SELECT count(*), sum(standing_minutes), count(DISTINCT volunteer_id) FROM service_record
WHERE state = 'counted' AND station_id = $1 AND served_on BETWEEN $2 AND $3
"""


def measure(place: Ground, _: float) -> Iterator[Figure]:
    """Median milliseconds, taken in turn."""
    meter = Meter.when_quiet()
    station, bare, county = asyncio.run(_measure(place))
    say(f"  report: {min(station):.0f} to {max(station):.0f} ms, of the county"
        f" {median(county):.0f} ms; others {meter.others():.0%}")  # fmt: skip
    yield Figure(
        name="station_report_ms", ours=median(station), ceiling=median(bare), at_most=300,
        unit=" ms",
    )  # fmt: skip


async def _measure(place: Ground) -> tuple[list[float], list[float], list[float]]:
    year = place.today.year - 1
    first, last = date(year, 1, 1), date(year, 12, 31)
    call = Call(actor=Staff(ids.uuid7(), "county"), now=clock.now())
    station, bare = [], []
    async with ready(place.config):
        for n in range(_TIMES):
            here = station_id(n)
            station.append(await _ms(reports.read_report(call, here, first, last)))
            bare.append(await _ms(database.fetch(_BARE, here, first, last)))
        county = [
            await _ms(reports.read_report(call, None, first, last)) for _ in range(_TIMES_COUNTY)
        ]
    # The first of each has opened connections and prepared statements.
    return station[1:], bare[1:], county


async def _ms(work: Awaitable[Any]) -> float:
    started = time.perf_counter()
    await work
    return 1000 * (time.perf_counter() - started)
