"""Prints who is erased, for `restore --erased`: a backup would bring them back.

A line a person: his id and the day. Ids say nothing of whom they were.
"""

import asyncio
from pathlib import Path
from uuid import UUID

from volunteer_svc import store
from volunteer_svc.commands.session import ready, servers_of, told
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import refuse

_PAGE = 1_000


def main(config: Config) -> int:
    """Exit code 0: the list is whole."""

    def work() -> None:
        with servers_of(config) as found:
            asyncio.run(_print(found))

    return told(work)


async def _print(config: Config) -> None:
    async with ready(config):
        last: UUID | None = None
        while page := await store.erasures.erased(after=last, limit=_PAGE):
            for volunteer_id, on in page:
                print(volunteer_id, on)
            last = page[-1][0]


def read(path: Path) -> list[UUID]:
    """The ids of a list. Raises a Refusal that names the line, OSError."""
    found = []
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        try:
            found += [UUID(line.split()[0])] if line.strip() else []
        except ValueError:
            raise refuse("erased_list_malformed", path=str(path), line=number) from None
    return found
