"""The Redis stream of events: an entry's id is its number, and Redis itself holds the position."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from volunteer_svc.domain.cloudevent import STREAM, Numbered, type_of
from volunteer_svc.outbound.way import Position

T = TypeVar("T")
NAME = STREAM
_WAIT_SECONDS = 5

# KEYS: the stream. ARGV: the number it must stand at, its length, then number, data, id, type and
# subject of each event. Returns the number at which the stream stands afterwards. Two relays, a
# lost reply or a restart append nothing twice: the second try finds another number.
_COMPARE_AND_APPEND = """
local top = '0'
if redis.call('EXISTS', KEYS[1]) == 1 then
    local info = redis.call('XINFO', 'STREAM', KEYS[1])
    for i = 1, #info, 2 do
        if info[i] == 'last-generated-id' then
            top = string.match(info[i + 1], '^%d+')
        end
    end
end
if top ~= ARGV[1] then
    return top
end
for i = 3, #ARGV, 5 do
    top = ARGV[i]
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], top .. '-0',
        'data', ARGV[i + 1], 'id', ARGV[i + 2], 'type', ARGV[i + 3], 'subject', ARGV[i + 4])
end
return top
"""


def connect(url: str) -> Redis:
    """A client for the stream; connects when it is first used, and again after a loss."""
    # Not socket_timeout: with it redis-py 5 loses every third cancellation on Python 3.11.
    client: Redis = Redis.from_url(url, socket_connect_timeout=_WAIT_SECONDS)
    return client


async def _reply(awaited: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(_WAIT_SECONDS):
            return await awaited
    except TimeoutError:
        raise RedisTimeoutError("Redis does not reply") from None


class Stream:
    """The one stream, kept at about `maxlen` events."""

    name = "stream"

    def __init__(self, client: Redis, maxlen: int) -> None:
        self.maxlen = maxlen
        self._client = client
        self._compare_and_append = client.register_script(_COMPARE_AND_APPEND)

    async def position(self) -> Position:
        try:
            stream: dict[str, Any] = await _reply(self._client.xinfo_stream(NAME))
        except ResponseError as error:
            if "no such key" in str(error):
                return Position(0, None)
            raise
        last = stream["last-entry"]
        return Position(
            sequence=int(stream["last-generated-id"].partition(b"-")[0]),
            event_id=last and last[1].get(b"id", b"").decode(),
        )

    async def put_away(self) -> None:
        """Keep what was published so far under another name; the stream begins anew."""
        kept = f"{NAME}.until.{(await self.position()).sequence}"
        try:
            await _reply(self._client.rename(NAME, kept))
        except ResponseError as error:
            if "no such key" not in str(error):
                raise

    async def trim(self, floor: int) -> None:
        """Drop about what is numbered below `floor`; the stream's own length drops the most."""
        await _reply(self._client.xtrim(NAME, minid=floor, approximate=True))

    async def append(self, position: int, events: Sequence[Numbered]) -> int:
        """Append the events if the stream still stands at `position`. Returns where it stands."""
        values: list[str | int] = [position, self.maxlen]
        for event in events:
            values += (
                event.sequence,
                event.body,
                str(event.event_id),
                type_of(event.name),
                event.subject,
            )
        return int(await _reply(self._compare_and_append(keys=[NAME], args=values)))
