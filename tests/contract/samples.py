"""The samples in docs/schemas/samples: one for each shape that an event ever had.

    python -m tests.contract.samples

adds those that are not there yet. Files are never edited nor taken away: what a reader has built
against them must go on working, and the tests hold every schema against all of them.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tests.builders import call
from tests.conftest import started
from tests.contract.story import Body, name_of, shape, tell
from volunteer_svc.actions import keys
from volunteer_svc.commands.contracts import SCHEMAS
from volunteer_svc.config import Config
from volunteer_svc.identity import key_file, vault
from volunteer_svc.store import database, event_log

FOLDER = SCHEMAS / "samples"
SUMS = FOLDER / "SHA256SUMS"


def stored() -> dict[Path, Body]:
    return {path: msgspec.json.decode(path.read_bytes()) for path in sorted(FOLDER.glob("*.json"))}


def shapes() -> set[bytes]:
    return {fingerprint(body) for body in stored().values()}


def fingerprint(body: Body) -> bytes:
    return msgspec.json.encode([body["type"], shape(body)])


def sums() -> str:
    """As sha256sum writes them."""
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in stored()
    )


def add(told: Iterable[Body]) -> list[Path]:
    """The files added."""
    known, added = shapes(), []
    FOLDER.mkdir(exist_ok=True)
    for body in told:
        if fingerprint(body) not in known:
            known.add(fingerprint(body))
            name = f"{name_of(body)}.v1"
            path = FOLDER / f"{name}.{len(list(FOLDER.glob(f'{name}.*.json'))) + 1}.json"
            path.write_bytes(msgspec.json.format(msgspec.json.encode(body), indent=1) + b"\n")
            added.append(path)
    SUMS.write_text(sums())
    return added


async def _tell(url: str, folder: Path) -> list[Body]:
    key_file.create(folder / "keys.json")
    vault.load(folder / "keys.json")
    config = Config(database_url=url)
    async with database.pool(config):
        await keys.prove_ring(call())
        connection = await event_log.connect(config)
        told = await tell(connection)
        await event_log.disconnect(connection)
    return told


def main() -> None:
    with started() as urls, tempfile.TemporaryDirectory() as folder:
        for path in add(asyncio.run(_tell(urls.postgres, Path(folder)))):
            print(path)  # noqa: T201


if __name__ == "__main__":
    main()
