"""A new epoch of the event log: after a restore, numbers must not be given a second time."""

import secrets

from volunteer_svc import clock
from volunteer_svc.config import Config
from volunteer_svc.outbound import redis_stream
from volunteer_svc.outbound.redis_stream import Stream
from volunteer_svc.store import event_log
from volunteer_svc.store.event_log import Head
from volunteer_svc.store.transaction import in_transaction

MARGIN = 10_000_000
"""How far the numbers go up: more than can have been published since any backup."""


async def rotate(config: Config, *, above: int = 0) -> Head:
    """Begin an epoch above everything that was ever published, and above `above`.

    The pool is open, the services are stopped.

    The stream's entries so far are put away under another name: they say what readers were told.
    Raises RedisError when the stream cannot be read: its top would not be known.
    """
    async with redis_stream.connect(config.redis_url) as client:
        stream = Stream(client, config.stream_maxlen)
        before = await event_log.head()
        top = (await stream.position()).sequence
        above = max(top, before.last_seq, above) + MARGIN
        epoch = f"{clock.now():%Y%m%d}-{secrets.token_hex(4)}"
        head = await in_transaction(lambda: event_log.rotate(epoch, above))
        await stream.put_away()
    return head
