"""A press: the process that draws documents, kept for as many as there are, bounded in time."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from volunteer_svc.domain.errors import refuse
from volunteer_svc.printing.messages import Answer, Failed, Request, Template

AT_ONCE_MAX = 2
"""Presses of one process at the same time: each takes about 100 MB."""
WAIT_SECONDS = 60
DOCUMENT_SECONDS_MAX = 120
_HEAD = 4
_SOURCE_ROOT = Path(__file__).parents[2]
_places: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}


class PressError(RuntimeError):
    """A template is broken, or the process has died: no document's fault."""


class Press:
    """Draws one document after the other."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    async def draw(
        self,
        template: Template,
        data: bytes,
        *,
        stamp: int,
        png: int | None = None,
        tagged: bool = True,
    ) -> bytes:
        """`data`: JSON. A PDF, which can be read aloud if `tagged`. Raises PressError."""
        request = Request(template, data.decode(), stamp, png, tagged)
        frame = msgspec.msgpack.encode(request)
        source, target = self._process.stdout, self._process.stdin
        if source is None or target is None:
            raise PressError("a press without pipes")
        try:
            async with asyncio.timeout(DOCUMENT_SECONDS_MAX):
                target.write(len(frame).to_bytes(_HEAD) + frame)
                await target.drain()
                length = int.from_bytes(await source.readexactly(_HEAD))
                body = await source.readexactly(length)
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            raise PressError(f"the press has stopped: {type(error).__name__}") from None
        answer: Answer = msgspec.msgpack.decode(body, type=Answer)
        if isinstance(answer, Failed):
            raise PressError(answer.message)
        return answer.content


@asynccontextmanager
async def opened() -> AsyncIterator[Press]:
    """A press of one's own until the end of the block. Raises `busy` (503) after a minute."""
    loop = asyncio.get_running_loop()
    places = _places.setdefault(loop, asyncio.Semaphore(AT_ONCE_MAX))
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await places.acquire()
    except TimeoutError:
        raise refuse("busy", kind="busy") from None
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "volunteer_svc.printing.apart",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            # No secret of the server; typst draws with as many threads as it is told. One arena
            # of glibc's: of several each would keep what it once had.
            env={"PYTHONPATH": os.fspath(_SOURCE_ROOT), "RAYON_NUM_THREADS": "1",
                 "MALLOC_ARENA_MAX": "1"},
        )  # fmt: skip
        try:
            yield Press(process)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
    finally:
        places.release()


async def drawn(template: Template, data: bytes, *, stamp: int, png: int | None = None) -> bytes:
    """One document. Raises PressError, `busy`."""
    async with opened() as press:
        return await press.draw(template, data, stamp=stamp, png=png)
