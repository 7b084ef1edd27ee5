"""A connection to Redis that tests can cut, and join again."""

import asyncio
import contextlib
from pathlib import Path


class Line:
    """A connection to Redis that a test can cut, or let requests pass while replies are lost."""

    def __init__(self, target: str, folder: Path) -> None:
        path, _, options = target.removeprefix("unix://").partition("?")
        self._target = path
        self._path = folder / "line.sock"
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.url = f"unix://{self._path}?{options}"
        self.loses_replies = False
        self.is_silent = False

    async def join(self) -> None:
        self._server = await asyncio.start_unix_server(self._carry, self._path)

    async def cut(self) -> None:
        assert self._server
        self._server.close()
        self._path.unlink(missing_ok=True)
        for writer in self._open:
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        mine = {writer, far_writer}
        self._open |= mine

        async def requests() -> None:
            while some := await reader.read(65536):
                far_writer.write(some)
            far_writer.close()

        async def replies() -> None:
            while some := await far_reader.read(65536):
                if self.loses_replies:
                    break
                if not self.is_silent:
                    writer.write(some)
            writer.close()

        with contextlib.suppress(OSError):
            await asyncio.gather(requests(), replies())
        for one in mine:
            one.close()
        self._open -= mine
