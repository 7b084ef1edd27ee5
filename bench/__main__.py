"""All figures, or the groups that are named: `python -m bench [group …]`."""

import os
import sys
import time
from collections.abc import Callable, Iterator

from bench import (
    certificates,
    events,
    feed,
    guards,
    handing_over,
    hooks,
    imports,
    lists,
    over_http,
    people,
    policy,
    reports,
    signups,
    starting,
)
from bench.figures import Figure
from bench.ground import Ground, ground, say

_GROUPS: dict[str, Callable[[Ground, float], Iterator[Figure]]] = {
    "http": over_http.measure,
    "guards": guards.measure,
    "events": events.measure,
    "feed": feed.measure,
    "hooks": hooks.measure,
    "handover": handing_over.measure,
    "list": lists.measure,
    "policy": policy.measure,
    "report": reports.measure,
    "import": imports.measure,
    "signup": signups.measure,
    "people": people.measure,
    "certs": certificates.measure,
    "run": starting.measure,
}


def main(names: list[str]) -> int:
    """BENCH_SECONDS is the length of one round; a missed target is printed, not an error."""
    unknown = sorted(set(names) - _GROUPS.keys())
    if unknown:
        say(f"unknown group {unknown[0]}; known are {', '.join(_GROUPS)}")
        return 2
    seconds = float(os.environ.get("BENCH_SECONDS") or 2)
    started = time.monotonic()
    figures = []
    with ground() as place:
        for name in names or _GROUPS:
            say(f"{time.monotonic() - started:6.1f} s  {name}")
            for figure in _GROUPS[name](place, seconds):
                print(figure.line(), flush=True)
                figures.append(figure)
    missed = [figure.name for figure in figures if not figure.met]
    say(f"{time.monotonic() - started:6.1f} s  done; missed: {', '.join(missed) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
