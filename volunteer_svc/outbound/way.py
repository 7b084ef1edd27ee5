"""A way on which numbered events leave in order, and which itself holds how far they have come."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from volunteer_svc.domain.cloudevent import Numbered


class Position(msgspec.Struct, frozen=True):
    """Where a way stands: its last number (0 at first) and the event there, if still kept."""

    sequence: int
    event_id: str | None


class Away(ConnectionError):  # noqa: N818 - it says what is the case
    """The other side cannot be reached, or does not take anything now; it is tried again."""


class Way(Protocol):
    """Takes events only behind its last one: whoever brings them twice brings them once."""

    name: str
    maxlen: int

    async def position(self) -> Position: ...

    async def append(self, position: int, events: Sequence[Numbered]) -> int:
        """Append the events if the way still stands at `position`. Returns where it stands."""
