"""Webhook endpoints in the hands of their owners: made, looked at, paused, ended.

A client sees and changes its own; staff by the permission table, all of them.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import ids, store
from volunteer_svc.actions.command import Call, command, reading
from volunteer_svc.actions.endpoint_secrets import new_secret
from volunteer_svc.domain.actor import Client
from volunteer_svc.domain.cloudevent import type_of
from volunteer_svc.domain.errors import Refusal, not_found, refuse
from volunteer_svc.domain.event_filter import TYPES
from volunteer_svc.domain.events import SENSITIVE, EndpointDisabled
from volunteer_svc.domain.text import Name, Short
from volunteer_svc.domain.webhook import (
    DisabledBecause,
    Health,
    OnFailure,
    State,
)
from volunteer_svc.domain.webhook_url import Rules, target_of
from volunteer_svc.identity.permissions import Permission, granted, require, require_staff
from volunteer_svc.store.endpoints import EndpointRow
from volunteer_svc.store.outbox import Raised


class NewEndpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`types`: CloudEvents types, none for all; `station_ids`: likewise, of where it arose.

    `on_failure`: after three attempts let later events of a subject `pass`, or `block` them.
    """

    url: Annotated[str, Meta(min_length=1, max_length=4096)]
    description: Short = ""
    types: Annotated[list[Name], Meta(max_length=64)] = []
    station_ids: Annotated[list[UUID], Meta(max_length=200)] = []
    on_failure: OnFailure = "pass"


class EndpointView(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint as its owner sees it. `undelivered_from`: the first number owed when it was
    disabled or its address changed; `waits_until`: nothing is sent before; `sensitive`: it may
    have events about complaints."""

    id: UUID
    client_id: UUID | None
    url: str
    description: str
    types: list[str]
    station_ids: list[UUID]
    on_failure: OnFailure
    state: State
    state_reason: str | None
    created_at: datetime
    verified_at: datetime | None
    failures_in_a_row: int
    failing_since: datetime | None
    last_success_at: datetime | None
    waits_until: datetime | None
    undelivered_from: str | None
    sensitive: bool
    revision: int


class EndpointSecret(msgspec.Struct, frozen=True):
    """The secret is shown this once."""

    endpoint: EndpointView
    secret: str


@command
async def add_endpoint(call: Call, request: NewEndpoint, rules: Rules, most: int) -> EndpointSecret:
    """Raises `webhook_url_…`, `event_type_unknown`, `event_type_sensitive` (403),
    `station_unknown`, `endpoints_too_many` (409), `forbidden`."""
    client_id = _owner(call, "subscription.write")
    target_of(request.url, rules)
    sensitive = granted(call.actor, "event.sensitive") == "all"
    names = names_of(request.types, sensitive=sensitive)
    stations = await known_stations(request.station_ids)
    if await store.endpoints.count_of(client_id) >= most:
        raise refuse("endpoints_too_many", kind="conflict", most=most)
    staff_id = None if client_id else require_staff(call.actor, "subscription.write").id
    endpoint = EndpointRow(
        id=ids.uuid7(),
        client_id=client_id,
        made_by=staff_id,
        url=request.url,
        description=request.description,
        types=names,
        stations=stations,
        sensitive=sensitive,
        on_failure=request.on_failure,
        state="unverified",
        created_at=call.now,
        from_seq=0,
    )
    await store.endpoints.insert(endpoint)
    call.notes.changed(f"endpoint/{endpoint.id}", None, endpoint)
    return EndpointSecret(_view(endpoint, Health()), await new_secret(call, endpoint.id))


@reading
async def endpoints(call: Call, *, after: UUID | None, limit: int) -> list[EndpointView]:
    """One's own, of staff all, in the order they were made."""
    client_id = _owner(call, "subscription.read")
    rows = await store.endpoints.listing(client_id=client_id, after=after, limit=limit)
    healths = await store.endpoints.healths([row.id for row in rows])
    return [_view(row, healths[row.id]) for row in rows]


@reading
async def read_endpoint(call: Call, endpoint_id: UUID) -> EndpointView:
    """Raises `not_found`, also for somebody else's."""
    return await seen(await own(call, endpoint_id, "subscription.read"))


@command
async def rotate_endpoint_secret(call: Call, endpoint_id: UUID) -> EndpointSecret:
    """A new secret; the one of today signs beside it for 24 hours."""
    endpoint = await own(call, endpoint_id, "subscription.write", lock=True)
    secret = await new_secret(call, endpoint_id)
    call.notes.changed(None)
    return EndpointSecret(await seen(endpoint), secret)


@command
async def pause_endpoint(call: Call, endpoint_id: UUID) -> EndpointView:
    """Nothing is sent; what happens waits. Raises `endpoint_state` (409), `not_found`."""
    return await _moved(call, endpoint_id, "paused", since="active")


@command
async def resume_endpoint(call: Call, endpoint_id: UUID) -> EndpointView:
    """What waited is sent. Raises `endpoint_state` (409), `not_found`."""
    return await _moved(call, endpoint_id, "active", since="paused")


@command
async def disable_endpoint(call: Call, endpoint_id: UUID) -> EndpointView:
    """Nothing is sent and nothing waits until it is verified again; then `recover` catches up."""
    endpoint = await own(call, endpoint_id, "subscription.write", lock=True)
    require_state(endpoint, "unverified", "active", "paused")
    return await seen(await disabled(call, endpoint, "owner"))


@command
async def delete_endpoint(call: Call, endpoint_id: UUID) -> None:
    """It is gone; its row and its attempts stay for the trail, its secrets do not."""
    endpoint = await own(call, endpoint_id, "subscription.write", lock=True)
    await store.lanes.remove_all(endpoint_id)
    await store.endpoints.forget_secrets(endpoint_id)
    deleted = msgspec.structs.replace(endpoint, state="deleted", state_reason=None)
    await store.endpoints.save(deleted)
    call.notes.changed(None, endpoint, deleted)


async def disabled(call: Call, endpoint: EndpointRow, because: DisabledBecause) -> EndpointRow:
    """The locked endpoint, disabled: its lanes go, others are told."""
    after = msgspec.structs.replace(
        endpoint,
        state="disabled",
        state_reason=because,
        undelivered_seq=await owed_from(endpoint),
        version=endpoint.version + 1,
    )
    await store.endpoints.save(after)
    event = EndpointDisabled(
        endpoint_id=endpoint.id, reason=because, undelivered_from=f"{after.undelivered_seq:020}"
    )
    await store.outbox.append([raised(call, after, event)])
    call.notes.changed(f"endpoint/{endpoint.id}", endpoint, after, reason=because)
    return after


async def owed_from(endpoint: EndpointRow) -> int:
    """Let nothing wait for the locked endpoint any more: the first number that it has not had."""
    fanned = await store.lanes.hold_fan_out()
    owed = await store.lanes.remove_all(endpoint.id)
    owed = fanned + 1 if owed is None else owed
    return min(owed, endpoint.undelivered_seq or owed)


async def disable_all_of(call: Call, client_id: UUID) -> None:
    """Of a client that is closed, in its command."""
    for endpoint_id in await store.endpoints.of_client(client_id):
        endpoint = await store.endpoints.lock(endpoint_id)
        if endpoint is not None:
            await disabled(call, endpoint, "client_closed")


def raised(call: Call, endpoint: EndpointRow, event: Any) -> Raised:
    """An event of the locked endpoint, whose version is bumped already."""
    return Raised(
        event=event,
        version=endpoint.version,
        station_id=None,
        happened_at=call.now,
        trace=call.trace,
    )


def _owner(call: Call, permission: Permission) -> UUID | None:
    """The client that asks, None for staff: theirs is the county's."""
    require(call.actor, permission)
    return call.actor.id if isinstance(call.actor, Client) else None


async def own(
    call: Call, endpoint_id: UUID, permission: Permission, *, lock: bool = False
) -> EndpointRow:
    """The caller's endpoint; of staff, any. Raises `not_found`, `forbidden`."""
    client_id = _owner(call, permission)
    find = store.endpoints.lock if lock else store.endpoints.find
    endpoint = await find(endpoint_id)
    if endpoint is None or endpoint.state == "deleted" or client_id not in (
        None, endpoint.client_id,
    ):  # fmt: skip
        raise not_found("endpoint")
    return endpoint


def names_of(types: list[str], *, sensitive: bool) -> list[str]:
    """The events that CloudEvents types name. Raises `event_type_unknown`, `event_type_sensitive`
    (403)."""
    names = []
    for n, one in enumerate(types):
        name = TYPES.get(one)
        if name is None:
            raise refuse("event_type_unknown", f"types[{n}]", given=one[:64])
        if name in SENSITIVE and not sensitive:
            raise scope_missing(f"types[{n}]")
        names.append(name)
    return sorted(set(names))


async def known_stations(station_ids: list[UUID]) -> list[UUID]:
    """Each once, in order. Raises `station_unknown`."""
    stations = sorted(set(station_ids))
    if len(await store.stations.closings(stations)) < len(stations):
        raise refuse("station_unknown", "station_ids")
    return stations


def scope_missing(field: str | None = None) -> Refusal:
    """Of events about complaints, asked for by who may not have them."""
    return refuse("event_type_sensitive", field, kind="forbidden", scope="events:sensitive")


def require_state(endpoint: EndpointRow, *states: State) -> None:
    """Raises `endpoint_state` (409)."""
    if endpoint.state not in states:
        raise refuse("endpoint_state", kind="conflict", endpoint_state=endpoint.state)


async def _moved(call: Call, endpoint_id: UUID, to: State, *, since: State) -> EndpointView:
    endpoint = await own(call, endpoint_id, "subscription.write", lock=True)
    require_state(endpoint, since)
    after = msgspec.structs.replace(endpoint, state=to)
    await store.endpoints.save(after)
    call.notes.changed(None, endpoint, after)
    return await seen(after)


async def seen(endpoint: EndpointRow) -> EndpointView:
    """As its owner sees it."""
    return _view(endpoint, (await store.endpoints.healths([endpoint.id]))[endpoint.id])


def _view(endpoint: EndpointRow, health: Health) -> EndpointView:
    owed = endpoint.undelivered_seq
    return EndpointView(
        id=endpoint.id,
        client_id=endpoint.client_id,
        url=endpoint.url,
        description=endpoint.description,
        types=[type_of(name) for name in endpoint.types],
        station_ids=endpoint.stations,
        on_failure=endpoint.on_failure,
        state=endpoint.state,
        state_reason=endpoint.state_reason,
        created_at=endpoint.created_at,
        verified_at=endpoint.verified_at,
        failures_in_a_row=health.failures,
        failing_since=health.failing_since,
        last_success_at=health.last_success_at,
        waits_until=health.wait_until,
        undelivered_from=None if owed is None else f"{owed:020}",
        sensitive=endpoint.sensitive,
        revision=endpoint.revision,
    )
