"""The events as other services read them on: from a cursor, through a filter, to the head."""

from typing import Literal
from uuid import UUID

import msgspec

from volunteer_svc import store
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.tail import Page, Tail
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Actor
from volunteer_svc.domain.cloudevent import STREAM, source_of
from volunteer_svc.domain.cursor import Place, cursor_of
from volunteer_svc.domain.errors import Fault, Kind, Refusal
from volunteer_svc.domain.event_filter import TYPES, EventFilter
from volunteer_svc.domain.events import SENSITIVE
from volunteer_svc.identity.permissions import granted, require
from volunteer_svc.store.event_log import Head

SNAPSHOT = "/v1/volunteers/snapshot"
After = Place | Literal["earliest", "latest"]


class CursorRefused(Refusal):
    """A cursor that leads nowhere, with what its reader needs to go on: 410 or 409."""

    def __init__(self, fault: Fault, kind: Kind, head: Head) -> None:
        super().__init__(fault, kind=kind)
        self.earliest = cursor_of(earliest(head))
        self.head = cursor_of(latest(head))
        self.snapshot = SNAPSHOT


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader asks for; what is empty asks for all."""

    after: After
    names: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    stations: frozenset[UUID] = frozenset()


class EventsInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Where the log stands. Numbers below `first_sequence` are of earlier epochs, those below
    `floor_sequence` are not kept any more; `earliest` and `head` are cursors."""

    source: str
    epoch: str
    first_sequence: int
    floor_sequence: int
    last_sequence: int
    earliest: str
    head: str
    retention_days: int
    stream: str
    stream_maxlen: int
    snapshot: str
    types: list[str]


def earliest(head: Head) -> Place:
    """Behind which the first event stands that is still kept."""
    return Place(head.epoch, head.floor_seq - 1)


def latest(head: Head) -> Place:
    return Place(head.epoch, head.last_seq)


def filter_of(actor: Actor, asked: Asked) -> EventFilter:
    """Raises `forbidden`, also for a name that the reader may not see."""
    require(actor, "event.read")
    if asked.names & SENSITIVE:
        require(actor, "event.sensitive")
    return EventFilter(
        names=asked.names,
        subjects=asked.subjects,
        stations=asked.stations,
        hidden=frozenset() if granted(actor, "event.sensitive") == "all" else SENSITIVE,
    )


async def place(after: After) -> Place:
    """Where to read on. Raises as `check`."""
    head = await store.event_log.head()
    if after == "earliest":
        return earliest(head)
    if after == "latest":
        return latest(head)
    check(after, head)
    return after


def check(place: Place, head: Head) -> None:
    """Raises `log_replaced` (410), `cursor_expired` (410) or `cursor_ahead` (409)."""
    if place.epoch != head.epoch:
        raise CursorRefused(Fault("log_replaced", "after"), "gone", head)
    if place.sequence > head.last_seq:
        raise CursorRefused(Fault("cursor_ahead", "after"), "conflict", head)
    if place.sequence < head.floor_seq - 1:
        raise CursorRefused(Fault("cursor_expired", "after"), "gone", head)


async def read(call: Call, tail: Tail, asked: Asked, *, limit: int, wait_seconds: float) -> Page:
    """The events behind the cursor; when there are none, wait for one that passes the filter."""
    wanted = filter_of(call.actor, asked)
    page = await read_on(await place(asked.after), limit, wanted)
    deadline = tail.seconds() + wait_seconds
    while not page.events and not page.has_more and tail.seconds() < deadline:
        if not await tail.grows_beyond(page.next, deadline - tail.seconds()):
            break
        page = tail.page(page.next, limit, wanted) or await read_on(page.next, limit, wanted)
    return page


async def read_on(place: Place, limit: int, wanted: EventFilter) -> Page:
    """From the log itself. Raises as `check`."""
    found = await store.event_feed.read(place.sequence, limit, wanted)
    check(place, found.head)
    return Page(found.events, Place(place.epoch, found.looked_until), latest(found.head))


async def info(call: Call, config: Config) -> EventsInfo:
    require(call.actor, "event.read")
    head = await store.event_log.head()
    return EventsInfo(
        source=source_of(head.epoch),
        epoch=head.epoch,
        first_sequence=head.first_seq,
        floor_sequence=head.floor_seq,
        last_sequence=head.last_seq,
        earliest=cursor_of(earliest(head)),
        head=cursor_of(latest(head)),
        retention_days=config.event_days,
        stream=STREAM,
        stream_maxlen=config.stream_maxlen,
        snapshot=SNAPSHOT,
        types=sorted(TYPES),
    )
