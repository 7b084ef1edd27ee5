"""Keys of other services, in the hands of the admin."""

from uuid import UUID

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from volunteer_svc.actions import clients
from volunteer_svc.actions.clients import ClientKey, ClientView, NewClient, RotateKey
from volunteer_svc.actions.command import Call, OnceKey
from volunteer_svc.api.documented import WRITES, documented
from volunteer_svc.api.pages import Asked, Page


@post("/", **documented("addClient", "Add a key for another service", *WRITES))
async def add_client(
    data: JSONBody[NewClient], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> ClientKey:
    return await clients.add_client.once(once, call, data)


@get("/", **documented("listClients", "Other services and their living keys"))
async def list_clients(
    call: NamedDependency[Call], asked: NamedDependency[Asked]
) -> Page[ClientView]:
    rows = await clients.clients(call, after=asked.after_id(), limit=asked.fetch)
    return asked.page(rows, lambda client: client.id)


@post(
    "/{client_id:uuid}/rotate",
    **documented("rotateClientKey", "A new key; the old one goes on for a while", 404, *WRITES),
)
async def rotate_key(
    client_id: FromPath[UUID],
    data: JSONBody[RotateKey],
    call: NamedDependency[Call],
    once: NamedDependency[OnceKey | None],
) -> ClientKey:
    return await clients.rotate_key.once(once, call, client_id, data)


@post(
    "/{client_id:uuid}/close",
    status_code=200,
    **documented("closeClient", "End all keys of another service", 404, 409, 422),
)
async def close_client(
    client_id: FromPath[UUID], call: NamedDependency[Call], once: NamedDependency[OnceKey | None]
) -> ClientView:
    return await clients.close_client.once(once, call, client_id)


router = Router(
    "/clients",
    tags=["clients"],
    route_handlers=[add_client, list_clients, rotate_key, close_client],
)
