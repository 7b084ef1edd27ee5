"""The digest of each station and day: with it a reader proves that nothing is missing."""

from datetime import date, timedelta
from uuid import UUID

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.domain.calendar import local_date
from volunteer_svc.domain.digest import Digest, due, end_of
from volunteer_svc.domain.events import DigestPublished
from volunteer_svc.identity.permissions import require
from volunteer_svc.store import event_log
from volunteer_svc.store.outbox import Raised


@command
async def publish_digests(call: Call) -> date | None:
    """Digests of the next day that is due, one for every station and one for what has none.

    The day; None when none is due. A station where nothing happened has one without figures.
    """
    day = await _next_day(call)
    if day is None:
        call.notes.unchanged = True
        return None
    head = await event_log.head()
    start, end = end_of(day - timedelta(days=1)), end_of(day)
    counted = await store.digests.count(start, end, head)
    there = await store.digests.stations_of(day, end)
    places: list[UUID | None] = [
        None,
        *there,
        *(one for one in counted if one not in {*there, None}),
    ]
    digests = [
        Digest(
            id=digest_id,
            station_id=station_id,
            on=day,
            from_sequence=head.floor_seq,
            to_sequence=head.last_seq,
            figures=counted.get(station_id, []),
            made_at=call.now,
        )
        for digest_id, station_id in zip(_ids(len(places)), places, strict=True)
    ]
    await store.digests.insert(digests)
    await store.outbox.append([_raised(call, one) for one in digests])
    call.notes.changed(f"digest/{day}", digests=len(digests))
    return day


def _ids(count: int) -> list[UUID]:
    """In the order of the pages, also those of one millisecond."""
    return sorted(ids.uuid7() for _ in range(count))


async def _next_day(call: Call) -> date | None:
    await store.digests.hold()
    last = await store.digests.last_day()
    first = None if last else await store.digests.first_event_at(await event_log.head())
    day = due(last, first and local_date(first), call.now)
    # Otherwise next time: the sequencer may be away.
    return None if day is None or await store.digests.is_unnumbered(end_of(day)) else day


def _raised(call: Call, digest: Digest) -> Raised:
    event = DigestPublished(
        digest_id=digest.id,
        station_id=digest.station_id,
        on=digest.on,
        from_sequence=digest.from_sequence,
        to_sequence=digest.to_sequence,
        figures=tuple(digest.figures),
    )
    return Raised(
        event=event,
        version=1,
        station_id=digest.station_id,
        happened_at=call.now,
        trace=call.trace,
    )


@reading
async def digests(
    call: Call, *, on: date | None, station_id: UUID | None, after: UUID | None, limit: int
) -> list[Digest]:
    """In the order in which they were made. Raises `forbidden`."""
    require(call.actor, "event.read")
    return await store.digests.listing(on=on, station_id=station_id, after=after, limit=limit)
