"""Compares a reader's own figures with the digests of days, and names the first difference."""

import argparse
import asyncio
from collections.abc import Mapping
from datetime import date

from volunteer_svc import store
from volunteer_svc.commands import figures
from volunteer_svc.commands.session import servers_of, told
from volunteer_svc.config import Config
from volunteer_svc.domain.digest import Difference, Figures, Place, differences, figures_of
from volunteer_svc.domain.errors import refuse
from volunteer_svc.store import database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "figures", help="CSV or JSON file, - for standard input, sqlite:///FILE or postgresql://…"
    )
    parser.add_argument(
        "--since", type=date.fromisoformat, metavar="DAY", help="the first day that is compared"
    )
    parser.add_argument(
        "--until", type=date.fromisoformat, metavar="DAY", help="the last day that is compared"
    )
    parser.add_argument(
        "--type", action="append", metavar="TYPE", help="compare these types of events only"
    )
    parser.add_argument("--all", action="store_true", help="name every difference")


def main(config: Config, arguments: argparse.Namespace) -> int:
    """Exit code 0: all agrees; 1: a difference, named on standard output, or nothing to compare."""
    found = 0

    def work() -> None:
        nonlocal found
        with servers_of(config) as servers:
            found = asyncio.run(_reconcile(servers, arguments))

    return told(work) or min(found, 1)


async def _reconcile(config: Config, arguments: argparse.Namespace) -> int:
    """How many differences were named. Raises `figures_…`, `nothing_to_reconcile`."""
    theirs = await figures.read(arguments.figures)
    since = arguments.since or min((on for on, _, _ in theirs), default=date.min)
    async with database.pool(config):
        digests = await store.digests.between(since, arguments.until or date.max)
    if not digests:
        raise refuse("nothing_to_reconcile")
    days = {digest.on for digest in digests}
    ours = _chosen(figures_of(digests), days, arguments.type)
    found = 0
    for one in differences(ours, _chosen(theirs, days, arguments.type)):
        found += 1
        print(_line(one), flush=True)
        if not arguments.all:
            return found
    if not found:
        events = sum(one.events for one in ours.values())
        print(f"reconcile: all agree; from={min(days)} to={max(days)} events={events}")
    return found


def _chosen(
    figures: Mapping[Place, Figures], days: set[date], types: list[str] | None
) -> dict[Place, Figures]:
    """Of the days that have a digest: today has none yet."""
    return {
        place: one
        for place, one in figures.items()
        if place[0] in days and (types is None or place[2] in types)
    }


def _line(one: Difference) -> str:
    return (
        f"reconcile: DIFFERENCE on={one.on} station={one.station_id or 'none'} type={one.type}"
        f" column={one.column} expected={one.expected} found={one.found}"
    )
