"""What is done while a process starts, before there is anything to throw away."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_to_collect() -> Iterator[None]:
    """All that is made in here stays: looking for garbage meanwhile takes a third of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def keep_for_good() -> None:
    """What there is now, routes and libraries, stays until the process ends: it is looked through
    for garbage once and never again, which would hold up all requests for a tenth of a second."""
    gc.collect()
    gc.freeze()
