"""What an owner changes of a webhook endpoint: where it is, what it is sent, what it is called."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import store
from volunteer_svc.actions.command import Call, command
from volunteer_svc.actions.endpoints import (
    EndpointView,
    known_stations,
    names_of,
    owed_from,
    own,
    seen,
)
from volunteer_svc.domain.errors import refuse
from volunteer_svc.domain.text import Name, Short
from volunteer_svc.domain.webhook import OnFailure
from volunteer_svc.domain.webhook_url import Rules, target_of
from volunteer_svc.store.endpoints import EndpointRow


class EditEndpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not given stays; an empty list lets all types, or all stations, through."""

    url: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None
    description: Short | None = None
    types: Annotated[list[Name], Meta(max_length=64)] | None = None
    station_ids: Annotated[list[UUID], Meta(max_length=200)] | None = None
    on_failure: OnFailure | None = None


@command
async def edit_endpoint(
    call: Call, endpoint_id: UUID, request: EditEndpoint, rules: Rules, revision: int | None
) -> EndpointView:
    """The filter holds for all that is sent from now on, also for what waits already.

    Behind another address may be somebody else: the endpoint is unverified until that one has
    answered a challenge; `recover` then sends what was owed. Raises `webhook_url_…`,
    `event_type_unknown`, `event_type_sensitive` (403), `station_unknown`, `not_found`,
    `changed_meanwhile` (412).
    """
    endpoint = await own(call, endpoint_id, "subscription.write", lock=True)
    if revision is not None and revision != endpoint.revision:
        raise refuse("changed_meanwhile", kind="stale")
    given = await _given(endpoint, request)
    if request.url is not None and request.url != endpoint.url:
        target_of(request.url, rules)
        given |= await _moved_to(endpoint, request.url)
    changed = msgspec.structs.replace(endpoint, revision=endpoint.revision + 1, **given)
    await store.endpoints.save(changed)
    call.notes.changed(None, endpoint, changed)
    return await seen(changed)


async def _given(endpoint: EndpointRow, request: EditEndpoint) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if request.description is not None:
        given["description"] = request.description
    if request.on_failure is not None:
        given["on_failure"] = request.on_failure
    if request.types is not None:
        # Staff who may see complaints do not thereby show them to somebody's endpoint.
        given["types"] = names_of(request.types, sensitive=endpoint.sensitive)
    if request.station_ids is not None:
        given["stations"] = await known_stations(request.station_ids)
    return given


async def _moved_to(endpoint: EndpointRow, url: str) -> dict[str, Any]:
    moved: dict[str, Any] = {"url": url, "state": "unverified", "state_reason": None}
    if endpoint.state in ("active", "paused"):
        return moved | {"undelivered_seq": await owed_from(endpoint)}
    await store.lanes.remove_all(endpoint.id)  # a challenge on its way to the old address
    return moved
