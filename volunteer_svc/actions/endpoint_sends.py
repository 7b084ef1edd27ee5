"""What a webhook endpoint is sent because its owner asks: a challenge, a sample, events again.

And what came of every attempt. Made, paused and ended they are in `endpoints`.
"""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions import feed
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.endpoints import EndpointView, own, require_state, scope_missing, seen
from volunteer_svc.domain.cloudevent import sample
from volunteer_svc.domain.cursor import SEQUENCE_MAX, place_of
from volunteer_svc.domain.errors import not_found, refuse
from volunteer_svc.domain.events import SENSITIVE
from volunteer_svc.domain.webhook import Health
from volunteer_svc.store import event_log
from volunteer_svc.store.attempts import KeptAttempt
from volunteer_svc.store.endpoints import EndpointRow
from volunteer_svc.store.event_log import Head

CHALLENGE = "endpoint.challenged"
TEST = "endpoint.tested"
"""What an endpoint may ask for."""
_PLACE = r"^[0-9A-Za-z_-]{1,128}$"
_SEQUENCE = re.compile(r"[0-9]{1,20}")


class Recover(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where: behind an event's `sequence` or a cursor of the feed, from an instant on, or
    neither: what was owed when the endpoint was disabled or its address changed."""

    after: Annotated[str, Meta(pattern=_PLACE)] | None = None
    since: Annotated[datetime, Meta(tz=True)] | None = None


class Recovery(msgspec.Struct, frozen=True):
    """`after`: the number behind which events are sent again, of `subjects` subjects."""

    after: str
    subjects: int


class Sample(msgspec.Struct, frozen=True):
    """What was sent: look for `event_id` in the list of attempts."""

    event_id: UUID


@command
async def verify_endpoint(call: Call, endpoint_id: UUID) -> EndpointView:
    """Send a challenge; the endpoint is active when its 2xx answer holds it.

    Raises `endpoint_state` (409) for one that is active or paused, `not_found`.
    """
    endpoint = await own(call, endpoint_id, "subscription.write", lock=True)
    require_state(endpoint, "unverified", "disabled")
    await _send_sample(call, endpoint, "challenge", CHALLENGE, {"challenge": ids.token()})
    return await seen(endpoint)


@command
async def test_endpoint(call: Call, endpoint_id: UUID) -> Sample:
    """Send a sample once. Raises `endpoint_state` (409) before it is verified, `not_found`."""
    endpoint = await own(call, endpoint_id, "subscription.write", lock=True)
    require_state(endpoint, "active", "paused")
    return await _send_sample(call, endpoint, "test", TEST, {})


@command
async def recover_endpoint(call: Call, endpoint_id: UUID, request: Recover) -> Recovery:
    """Send again what the filters let through, from there on, in the order of each subject.

    Raises `recover_from_missing`, `recover_from_twice`, `sequence_ahead`, `endpoint_state` (409);
    for a cursor `cursor_malformed`, and `log_replaced`, `cursor_expired`, `cursor_ahead` as the
    feed does.
    """
    endpoint = await own(call, endpoint_id, "subscription.write", lock=True)
    require_state(endpoint, "active", "paused")
    fanned = await store.lanes.hold_fan_out()
    head = await event_log.head()
    after = await _recover_after(endpoint, request, head)
    if after > head.last_seq:
        raise refuse("sequence_ahead", "after", last=f"{head.last_seq:020}")
    # What the next events of its lanes are is decided by the row as it stands.
    changed = msgspec.structs.replace(
        endpoint, from_seq=min(endpoint.from_seq, after + 1), undelivered_seq=None
    )
    await store.endpoints.save(changed)
    await store.endpoints.healths([endpoint_id], lock=True)
    await store.endpoints.save_healths({endpoint_id: Health()})
    first = max(after, head.floor_seq - 1)
    subjects = await store.lanes.lay_again(endpoint_id, first, fanned, call.now)
    call.notes.changed(None, since_sequence=after, subjects=subjects)
    return Recovery(f"{first:020}", subjects)


@command
async def resend_event(call: Call, endpoint_id: UUID, event_id: UUID) -> Sample:
    """Send one event again, whatever the filter by type says.

    Raises `not_found` for an event that the log does not hold, `endpoint_state` (409),
    `event_type_sensitive` (403).
    """
    endpoint = await own(call, endpoint_id, "subscription.write", lock=True)
    require_state(endpoint, "active", "paused")
    found = await event_log.find(event_id)
    if found is None:
        raise not_found("event")
    if found.name in SENSITIVE and not endpoint.sensitive:
        raise scope_missing()
    if found.subject == f"endpoint/{endpoint_id}":
        raise refuse("event_is_its_own", kind="conflict")
    name = f"resend/{found.sequence}"
    await store.lanes.add_one(endpoint_id, name, "resend", call.now, sequence=found.sequence)
    call.notes.changed(None, event_id=str(event_id))
    return Sample(event_id)


@reading
async def attempts(
    call: Call, endpoint_id: UUID, *, event_id: UUID | None, before: int | None, limit: int
) -> list[KeptAttempt]:
    """The newest first."""
    await own(call, endpoint_id, "subscription.read")
    return await store.attempts.listing(endpoint_id, event_id=event_id, before=before, limit=limit)


async def _send_sample(
    call: Call, endpoint: EndpointRow, kind: Any, name: str, data: dict[str, str]
) -> Sample:
    event_id = ids.uuid7()
    subject = f"endpoint/{endpoint.id}"
    body = sample(event_id, name, subject, call.now, {"endpoint_id": str(endpoint.id)} | data)
    lane = kind if kind == "challenge" else f"{kind}/{event_id}"
    await store.lanes.add_one(endpoint.id, lane, kind, call.now, event_id=event_id, body=body)
    call.notes.changed(None, event_id=str(event_id))
    return Sample(event_id)


async def _recover_after(endpoint: EndpointRow, request: Recover, head: Head) -> int:
    if request.after is not None and request.since is not None:
        raise refuse("recover_from_twice", "since")
    if request.after is not None and _SEQUENCE.fullmatch(request.after):
        return min(int(request.after), SEQUENCE_MAX)
    if request.after is not None:
        try:
            place = place_of(request.after)
        except ValueError:
            raise refuse("cursor_malformed", "after") from None
        feed.check(place, head)
        return place.sequence
    if request.since is not None:
        return await event_log.last_before(request.since)
    if endpoint.undelivered_seq is None:
        raise refuse("recover_from_missing", "after")
    return endpoint.undelivered_seq - 1
