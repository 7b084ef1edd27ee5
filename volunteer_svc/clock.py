"""The only reader of the wall clock: read once at the edge, passed inward as `now`."""

from datetime import UTC, datetime, timedelta

_shift = timedelta(0)


def now() -> datetime:
    """The present instant, in UTC, with microseconds."""
    return datetime.now(UTC) + _shift


def start_at(instant: datetime | None) -> None:
    """Let this process's clock run from `instant` on; None: it stays the machine's.

    For demonstrations on embedded servers.
    """
    if instant is None:
        return
    global _shift  # noqa: PLW0603 - one clock a process
    _shift = instant - datetime.now(UTC)
