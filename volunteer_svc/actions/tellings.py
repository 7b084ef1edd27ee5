"""What others were told of a volunteer: the events, and which endpoints took them when."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call, reading
from volunteer_svc.domain.actor import Client
from volunteer_svc.domain.cloudevent import type_of
from volunteer_svc.domain.errors import not_found
from volunteer_svc.identity.permissions import require_volunteer
from volunteer_svc.store.tellings import Telling


class ToldTo(msgspec.Struct, frozen=True, kw_only=True):
    """A receiver by webhook. `taken_at`: the first time it answered that it has the event."""

    endpoint_id: UUID
    receiver: str
    attempts: int
    last_at: datetime
    taken_at: datetime | None


class EventOfVolunteer(msgspec.Struct, frozen=True, kw_only=True):
    """An event, without its content; who reads stream or feed is not known, so not in `told_to`."""

    sequence: str
    event_id: UUID
    type: str
    station_id: UUID | None
    happened_at: datetime
    told_to: list[ToldTo]


@reading
async def events_of_volunteer(
    call: Call, volunteer_id: UUID, *, before: int | None, limit: int
) -> list[EventOfVolunteer]:
    """The newest first, as long as the log keeps them; deliveries of the last 30 days. A volunteer
    reads his own. Another service sees its own endpoints alone: which others there are, and what
    they were told, is not its business. Raises `not_found`, `forbidden`."""
    home = await store.volunteers.station_of(volunteer_id)
    require_volunteer(call.actor, "record.read", volunteer_id, home or volunteer_id)
    if home is None:
        raise not_found("volunteer")
    call.notes.looked(volunteer_id, fields=["events"])
    subject = f"volunteer/{volunteer_id}"
    events = await store.tellings.events_of(subject, before=before, limit=limit)
    told: dict[UUID, list[ToldTo]] = {}
    tellings = await store.tellings.tellings([one.event_id for one in events])
    if isinstance(call.actor, Client):
        tellings = [one for one in tellings if one.client_id == call.actor.id]
    clients = await store.accounts.names({one.client_id for one in tellings if one.client_id})
    for one in tellings:
        told.setdefault(one.event_id, []).append(
            ToldTo(
                endpoint_id=one.endpoint_id,
                receiver=_receiver(one, clients),
                attempts=one.attempts,
                last_at=one.last_at,
                taken_at=one.taken_at,
            )
        )
    return [
        EventOfVolunteer(
            sequence=f"{one.sequence:020}",
            event_id=one.event_id,
            type=type_of(one.name),
            station_id=one.station_id,
            happened_at=one.happened_at,
            told_to=told.get(one.event_id, []),
        )
        for one in events
    ]


def _receiver(telling: Telling, clients: Mapping[UUID, str]) -> str:
    """The service by its name; the county's own endpoints by what they are said to be."""
    if telling.client_id:
        return clients[telling.client_id]
    return telling.description or urlsplit(telling.url).hostname or telling.url
