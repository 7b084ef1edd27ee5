"""Webhook receivers that misbehave while the relay is killed: nothing missing, nothing changed."""

import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import msgspec

from tests.builders import client_key
from tests.crash.harness import Harness, until
from tests.webhooks.receivers import Receiver, at_first, receiving
from tests.webhooks.world import endpoint
from volunteer_svc import clock
from volunteer_svc.actions import endpoints
from volunteer_svc.store import database

CERTIFICATE = "certificate"
"""Presents one that is over at first; else it takes everything."""
KINDS = ("500", "hang", "reset", "drip", "redirect", "429", "rubbish", "garbage", CERTIFICATE)
_BAD_HANDSHAKES = 6
_ANSWERS = 20
_QUIET_SECONDS = 420.0
"""Leases of the killed (30 s), attempts after 5 s and, where two failed, after 5 minutes."""


async def hooks(run: Harness, kills: int) -> None:
    """An endpoint of each kind; the relay killed so often under load."""
    async with AsyncExitStack() as stack:
        receivers = [
            await stack.enter_async_context(_receiver(run, kind, port))
            for kind, port in zip(KINDS, run.hook_ports, strict=True)
        ]
        async with database.pool(run.service.config):
            owner = await client_key("subscriptions:write", now=clock.now())
            made = [await endpoint(one.url, owner) for one in receivers]
            row = await database.fetch_row("SELECT max(from_seq) AS first FROM endpoint")
        async with run.load(2, pace_seconds=0.1):
            for _ in range(kills):
                await run.clients.answered(_ANSWERS)
                await run.kill("relay")
            await run.clients.answered(_ANSWERS)
        started = time.monotonic()
        connection = await run.connect()
        try:

            async def is_quiet() -> bool:
                return await connection.fetchval(
                    "SELECT NOT EXISTS (SELECT FROM lane) AND NOT EXISTS (SELECT FROM outbox)"
                    " AND fanned_seq = last_seq FROM fan_out, event_head"
                )

            await until(is_quiet, _QUIET_SECONDS, "everything is delivered")
            assert row
            rows = await connection.fetch(
                "SELECT body FROM event_log WHERE seq >= $1 ORDER BY seq", row["first"]
            )
            events = [msgspec.json.decode(one["body"]) for one in rows]
        finally:
            await connection.close()
        for kind, receiver in zip(KINDS, receivers, strict=True):
            _judge(run, kind, receiver, events)
        async with database.pool(run.service.config):
            for one in made:
                await endpoints.delete_endpoint(owner.call(clock.now()), one.endpoint.id)
    doubles = sum(len(one.got) - len({got.id for got in one.got}) for one in receivers)
    run.say(
        f"webhooks: {len(events)} events to {len(KINDS)} receivers over {kills} kills of the relay,"
        f" {doubles} came again, quiet {time.monotonic() - started:.0f} s after the load"
    )


def _receiver(run: Harness, kind: str, port: int) -> AbstractAsyncContextManager[Receiver]:
    if kind != CERTIFICATE:
        return receiving(at_first(kind), port=port)
    tls = run.authority.at_first_expired("127.0.0.1", connections=_BAD_HANDSHAKES)
    return receiving(tls=tls, port=port)


def _judge(run: Harness, kind: str, receiver: Receiver, events: list[dict]) -> None:
    missing = {one["id"] for one in events} - {one.id for one in receiver.taken}
    if missing:
        run.clients.wrong[f"webhooks missing at {kind}"] += len(missing)
        return
    known = {one["id"] for one in events}
    receiver.got = [one for one in receiver.got if one.id in known]
    receiver.taken = [one for one in receiver.taken if one.id in known]
    try:
        receiver.assert_complete(events)
    except AssertionError as error:
        run.clients.wrong[f"webhooks at {kind}: {error}"] += 1
