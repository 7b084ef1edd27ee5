"""Reads events as another service does, a process of its own, and tells when each arrived.

`python -m bench.consuming <redis> <after> <until>`: the consumer library, events `after` + 1 to
`until`; `python -m bench.consuming <redis> bare <count>`: Redis alone. Event ids and nanoseconds
of the machine's monotonic clock as JSON on standard output.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator

import msgspec
from redis.asyncio import Redis

from volunteer_svc.consumer import events

BARE_STREAM = "bench.bare"
_BLOCK_MS = 5_000


async def _library(url: str, after: int, until: int) -> AsyncIterator[str]:
    async for event in events(url, after=after):
        yield event.id
        if event.sequence == until:
            return


async def _bare(url: str, count: int) -> AsyncIterator[str]:
    last = b"0"
    async with Redis.from_url(url) as client:
        while count > 0:
            for _, entries in await client.xread({BARE_STREAM: last}, block=_BLOCK_MS):
                for _, fields in entries:
                    yield fields[b"id"].decode()
                last, count = entries[-1][0], count - len(entries)


async def _main(url: str, after: str, until: str) -> dict[str, int]:
    bare = after == "bare"
    arriving = _bare(url, int(until)) if bare else _library(url, int(after), int(until))
    return {event_id: time.monotonic_ns() async for event_id in arriving}


if __name__ == "__main__":
    arrived = asyncio.run(_main(*sys.argv[1:]))
    sys.stdout.buffer.write(msgspec.json.encode(arrived))
