"""How much of the machine others use meanwhile, and waiting for them to use little."""

import time
from pathlib import Path
from typing import Self

_PARENT, _CPU = 1, slice(11, 15)
"""Fields behind the name in /proc/<pid>/stat; CPU is ours and that of children that ended."""
_SAMPLE_SECONDS = 0.25
_QUIET = 0.15
_PATIENCE_SECONDS = 40.0
"""All waiting of a run together: on a busy machine the figures come all the same."""

_waited = 0.0


class Meter:
    """Counts from its making on."""

    def __init__(self) -> None:
        self._all, self._busy = _machine()
        self._own = _own()

    def others(self) -> float:
        """The part of the machine, 0 to 1, that went to processes that are not ours."""
        everything, busy = _machine()
        theirs = (busy - self._busy) - (_own() - self._own)
        return max(theirs / max(everything - self._all, 1), 0.0)

    @classmethod
    def when_quiet(cls) -> Self:
        """A new meter as soon as others leave the machine to us, or when patience ends."""
        global _waited  # noqa: PLW0603 - one patience a run
        while _waited < _PATIENCE_SECONDS:
            meter = cls()
            time.sleep(_SAMPLE_SECONDS)
            if meter.others() < _QUIET:
                break
            _waited += _SAMPLE_SECONDS
        return cls()


def _machine() -> tuple[int, int]:
    """All ticks and the busy ones since the machine started."""
    ticks = [int(part) for part in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(ticks), sum(ticks) - ticks[3] - ticks[4]


def _own() -> int:
    """Ticks of this process and all that descend from it, ended ones included."""
    parents, ticks = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        pid = int(stat.parent.name)
        parents[pid] = int(fields[_PARENT])
        ticks[pid] = sum(map(int, fields[_CPU]))
    return sum(ticks[pid] for pid in parents if _is_ours(pid, parents))


def _is_ours(pid: int, parents: dict[int, int]) -> bool:
    me = Path("/proc/self").readlink().name
    while pid in parents:
        if str(pid) == me:
            return True
        pid = parents[pid]
    return False
