"""What the tests of the feed need around them: a reader of pages and of frames, events written."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec

from tests.events.world import update, volunteers
from volunteer_svc.store import database, event_log

EVENTS = "/v1/events"
STREAM = "/v1/events/stream"


class Frame(msgspec.Struct):
    """One block of server-sent events."""

    id: str | None = None
    data: str | None = None
    comment: bool = False
    retry: str | None = None

    @property
    def sequence(self) -> int:
        assert self.data
        return int(json.loads(self.data)["sequence"])


class Reader:
    """Reads as another service does."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def get(self, path: str = EVENTS, **params: Any) -> httpx.Response:
        return await self.http.get(path, params=params)

    async def page(self, **params: Any) -> dict[str, Any]:
        answer = await self.get(**params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def all(self, after: str = "earliest", **params: Any) -> list[int]:
        """The numbers of everything up to the head, page by page."""
        found, has_more = [], True
        while has_more:
            page = await self.page(after=after, **params)
            found += [int(event["sequence"]) for event in page["events"]]
            after, has_more = page["next"], page["has_more"]
        return found

    @asynccontextmanager
    async def frames(self, *, last: str | None = None, **params: Any):
        headers = {"Last-Event-ID": last} if last else {}
        async with self.http.stream("GET", STREAM, params=params, headers=headers) as answer:
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield frames_of(answer)


async def frames_of(answer: httpx.Response) -> AsyncIterator[Frame]:
    frame = Frame()
    async for line in answer.aiter_lines():
        if not line:
            yield frame
            frame = Frame()
            continue
        name, _, value = line.partition(":")
        if name:
            setattr(frame, name, value.strip())
        else:
            frame.comment = True


async def numbers(frames: AsyncIterator[Frame], until: int) -> list[Frame]:
    """The frames with events up to that number."""
    found = []
    async for frame in frames:
        if frame.data is not None:
            found.append(frame)
            if frame.sequence >= until:
                return found
    raise AssertionError(f"the stream ended at {[frame.sequence for frame in found[-1:]]}")


async def written(sequencer: Any, count: int) -> None:
    """`count` numbered events, each of a volunteer of its own."""
    await update(await volunteers(count))
    while await event_log.move(sequencer, 1000):
        pass


async def bodies() -> list[str]:
    return [row["body"] for row in await database.fetch("SELECT body FROM event_log ORDER BY seq")]
