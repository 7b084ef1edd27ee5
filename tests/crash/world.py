"""Whose hours are logged: twenty volunteers of a station, and the days on which they served."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from tests import builders
from volunteer_svc import clock
from volunteer_svc.domain.calendar import local_date

_VOLUNTEERS = 20
_DAYS = 800


class World(msgspec.Struct, frozen=True, kw_only=True):
    """Whose hours are logged, by whom and on which days."""

    station_id: UUID
    volunteer_ids: list[UUID]
    token: str
    first_day: date
    days: int
    minutes: int
    """Of one entry; a day takes as many as fit into the eight hours that count at once."""

    def line(self, slot: int) -> dict[str, Any]:
        """The slot-th entry: the next volunteer each time, and no day beyond its eight hours."""
        turn, who = divmod(slot, len(self.volunteer_ids))
        assert turn < self.days * (480 // self.minutes), "no day is left: enlarge World.days"
        return {
            "volunteer_id": str(self.volunteer_ids[who]),
            "served_on": str(self.first_day + timedelta(days=turn % self.days)),
            "minutes": self.minutes,
            "late_reason": "补录",
            "external_ref": f"entry-{slot}",
        }


async def a_world(minutes: int) -> World:
    """A station with its clerk and volunteers inducted long enough ago."""
    today = local_date(clock.now())
    inducted_on = today - timedelta(days=_DAYS + 30)
    station = await builders.station()
    people = [await builders.active(station.id, inducted_on) for _ in range(_VOLUNTEERS)]
    clerk = await builders.staff("social_worker", station.id, now=clock.now())
    return World(
        station_id=station.id,
        volunteer_ids=sorted(person.id for person in people),
        token=clerk.token,
        first_day=today - timedelta(days=_DAYS),
        days=_DAYS,
        minutes=minutes,
    )
