"""Calendars to subscribe to: a station's for everybody, a volunteer's under a secret address."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.calendars.feed import feed
from volunteer_svc.domain.errors import not_found
from volunteer_svc.identity.permissions import require_volunteer
from volunteer_svc.identity.tokens import token_hash

PAST_DAYS = 31
ACTIVITIES_MAX = 1_000


class CalendarAddress(msgspec.Struct, frozen=True):
    """Where the calendar is; shown once. Whoever knows it reads the calendar."""

    path: str


@command
async def make_calendar(call: Call, volunteer_id: UUID) -> CalendarAddress:
    """A new secret address; the one before is dead. Raises `not_found`, `forbidden`."""
    await _require(call, volunteer_id)
    token = ids.token()
    await store.calendar_feeds.replace(volunteer_id, token_hash(token), call.now)
    return CalendarAddress(f"/v1/calendars/{token}.ics")


@command
async def revoke_calendar(call: Call, volunteer_id: UUID) -> None:
    """Nobody reads it any more. Raises `not_found`, `forbidden`."""
    await _require(call, volunteer_id)
    if not await store.calendar_feeds.remove(volunteer_id):
        raise not_found("calendar")


@reading
async def calendar_made(call: Call, volunteer_id: UUID) -> datetime | None:
    """Since when there is an address; which one is known to nobody here any more.

    Raises `not_found`, `forbidden`."""
    await _require(call, volunteer_id)
    return await store.calendar_feeds.made_at(volunteer_id)


async def station_calendar(call: Call, station_id: UUID) -> bytes:
    """What a station has published; for everybody. Raises `not_found`."""
    station = await store.stations.find(station_id)
    if station is None:
        raise not_found("station")
    since = call.now - timedelta(days=PAST_DAYS)
    found = await store.calendar_feeds.of_station(station_id, since, ACTIVITIES_MAX)
    return feed(station.name, found, call.now)


async def own_calendar(call: Call, token: str) -> bytes:
    """Where its owner has a place. Raises `not_found` for an address nobody has."""
    volunteer_id = await store.calendar_feeds.owner(token_hash(token))
    if volunteer_id is None:
        raise not_found("calendar")
    since = call.now - timedelta(days=PAST_DAYS)
    found = await store.calendar_feeds.of_volunteer(volunteer_id, since, ACTIVITIES_MAX)
    return feed("志愿服务", found, call.now)


async def _require(call: Call, volunteer_id: UUID) -> None:
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "signup.write", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
