"""A new epoch of the event log: after a restore, numbers must not be given a second time."""

import secrets
from contextlib import AsyncExitStack

from volunteer_svc import clock
from volunteer_svc.config import Config
from volunteer_svc.outbound import redis_stream
from volunteer_svc.outbound.redis_stream import Stream
from volunteer_svc.store import event_log
from volunteer_svc.store.event_log import Head
from volunteer_svc.store.transaction import in_transaction
from workers import relay

MARGIN = 10_000_000
"""How far the numbers go up: more than can have been published since any backup."""


async def rotate(config: Config, *, above: int = 0) -> Head:
    """Begin an epoch above everything that was ever published, and above `above`.

    The pool is open, the services are stopped.

    The stream's entries so far are put away under another name: they say what readers were told.
    JetStream has no such thing: there the new numbers follow the old ones, under a new source.
    Raises RedisError, Away when a way cannot be read: its top would not be known.
    """
    async with redis_stream.connect(config.redis_url) as client:
        stream = Stream(client, config.stream_maxlen)
        before = await event_log.head()
        top = (await stream.position()).sequence
        above = max(top, await _top_of_jetstream(config), before.last_seq, above) + MARGIN
        epoch = f"{clock.now():%Y%m%d}-{secrets.token_hex(4)}"
        head = await in_transaction(lambda: event_log.rotate(epoch, above))
        await stream.put_away()
    return head


async def _top_of_jetstream(config: Config) -> int:
    if not config.nats_servers:
        return 0
    async with AsyncExitStack() as stack:
        return (await relay.jetstream(config, stack).position()).sequence
