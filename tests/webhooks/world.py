"""What the tests of webhooks need around them: endpoints, numbered events, a dispatcher."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from tests.builders import NOW, SignedIn, client_key
from tests.events.world import log, update
from volunteer_svc import clock
from volunteer_svc.actions import deliveries, endpoints
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.endpoints import EndpointSecret, NewEndpoint
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Anyone
from volunteer_svc.domain.webhook_url import Rules, rules_of
from volunteer_svc.outbound.checked_network import Resolve, resolve
from volunteer_svc.outbound.webhooks import Sender
from volunteer_svc.store import event_log
from volunteer_svc.store.database import fetch
from workers.webhooks import Dispatcher

HOME = "127.0.0.0/8"


class AnyPort(frozenset):
    """Receivers of tests have whatever port the system gives them."""

    def __contains__(self, port: object) -> bool:
        return True


def rules(*networks: str) -> Rules:
    allowed = rules_of(networks or (HOME,), (), http=True)
    return msgspec.structs.replace(allowed, ports=AnyPort())


def open_config(config: Config, *ports: int, **changes: Any) -> Config:
    """Webhooks may go to this machine, to these ports, without TLS."""
    settings = {
        "webhook_networks": (HOME,),
        "webhook_ports": tuple(map(str, ports)),
        "webhook_http": True,
    }
    return msgspec.structs.replace(config, **settings | changes)


class Ticking:
    """A clock that a test moves."""

    def __init__(self, start: datetime = NOW) -> None:
        self.at = start

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


async def endpoint(
    url: str, owner: SignedIn | None = None, now: datetime | None = None, **fields: Any
) -> EndpointSecret:
    """An endpoint that has answered its challenge."""
    owner = owner or await client_key("subscriptions:write")
    now = now or clock.now()
    made = await endpoints.add_endpoint(
        owner.call(now), NewEndpoint(url=url, **fields), rules(), 10_000
    )
    await deliveries.activate_endpoint(Call(actor=Anyone(), now=now), made.endpoint.id)
    return made


async def happen(sequencer: Any, subjects: list[UUID], times: int = 1) -> list[dict[str, Any]]:
    """Each subject is changed so often; the events with their numbers, all so far."""
    for _ in range(times):
        await update(subjects)
    while await event_log.move(sequencer, 1000):
        pass
    return await log()


async def lanes() -> list[dict[str, Any]]:
    return [dict(row) for row in await fetch("SELECT * FROM lane ORDER BY endpoint_id, name")]


async def attempts() -> list[dict[str, Any]]:
    return [dict(row) for row in await fetch("SELECT * FROM delivery_attempt ORDER BY id")]


async def state_of(endpoint_id: UUID) -> str:
    (row,) = await fetch("SELECT state FROM endpoint WHERE id = $1", endpoint_id)
    return row["state"]


@contextlib.asynccontextmanager
async def dispatcher(
    config: Config, now: Callable[[], datetime] = clock.now, resolve: Resolve = resolve
) -> AsyncIterator[Dispatcher]:
    """To be turned by hand."""
    sender = Sender(config, resolve)
    one = Dispatcher(sender, now)
    try:
        yield one
    finally:
        await one._end()
        await sender.close()


async def deliver_all(one: Dispatcher) -> None:
    """Until nothing is due at the dispatcher's instant."""
    while await one.turn():
        await one.idle()


@contextlib.asynccontextmanager
async def delivering(config: Config, resolve: Resolve = resolve) -> AsyncIterator[Dispatcher]:
    """A dispatcher that runs, as in a relay."""
    stop = asyncio.Event()
    sender = Sender(config, resolve)
    one = Dispatcher(sender)
    task = asyncio.create_task(one.run(stop))
    try:
        yield one
    finally:
        stop.set()
        await task
        await sender.close()
