"""Which events a reader wants, and which he may see."""

from uuid import UUID

import msgspec

from volunteer_svc.domain.cloudevent import type_of
from volunteer_svc.domain.events import EVENTS, SENSITIVE

VALUES_MAX = 50
"""Of each kind in one filter."""


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """An event passes that fits each of the three; an empty one fits all."""

    names: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    stations: frozenset[UUID] = frozenset()
    hidden: frozenset[str] = SENSITIVE
    """Names that this reader is never shown."""

    @property
    def narrows(self) -> bool:
        """Whether it drops more than what is hidden."""
        return bool(self.names or self.subjects or self.stations)

    def passes(self, name: str, subject: str, station_id: UUID | None) -> bool:
        return (
            name not in self.hidden
            and (not self.names or name in self.names)
            and (not self.subjects or subject in self.subjects)
            and (not self.stations or station_id in self.stations)
        )


TYPES = {type_of(name): name for name in EVENTS}
"""Every CloudEvents type there is, and the name of its event."""
