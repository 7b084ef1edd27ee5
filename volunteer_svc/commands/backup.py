"""Writes a backup: one sealed archive of the database, and apart from it the key ring."""

import argparse
import asyncio
import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from volunteer_svc import archive, clock, embedded
from volunteer_svc.archive import Manifest, Writer
from volunteer_svc.commands.session import servers_of, told
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import refuse
from volunteer_svc.identity import files, key_file
from volunteer_svc.identity.key_file import HASH_KEY, KeyRing
from volunteer_svc.identity.vault import Vault, key_prefix
from volunteer_svc.store import dumps


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="where the archive is written, under its time")
    parser.add_argument(
        "--keys-to",
        type=Path,
        metavar="FOLDER",
        help="keep a copy of the key ring there, on another medium: it is not in the archive",
    )
    parser.add_argument(
        "--with-files", action="store_true", help="photos and copies of documents, too; sealed"
    )


def main(config: Config, arguments: argparse.Namespace) -> int:
    """Exit code 0: the archive is on disk; 1: refused, and nothing is left behind."""

    def work() -> None:
        if arguments.keys_to is not None:
            print(_escrow(config, arguments.keys_to, apart_from=arguments.folder))
        with servers_of(config) as found:
            print(asyncio.run(write(found, arguments.folder, with_files=arguments.with_files)))

    return told(work)


async def write(config: Config, folder: Path, *, with_files: bool) -> Path:
    """Write an archive into `folder`; its path. Raises a Refusal, KeyRingError, OSError."""
    ring = key_file.of(config)
    made_at = clock.now()
    path = folder / f"volunteer-{made_at:%Y%m%dT%H%M%SZ}.sealed"
    connection = await dumps.connect(config.database_url)
    try:
        tools = dumps.tools(dumps.major_of(connection), embedded.tools())
        marks = {name: key_prefix(name) for name in ring.keys}
        async with dumps.snapshot(connection, marks) as snapshot:
            with archive.writing(path, Vault(ring)) as writer:
                writer.add(
                    archive.DATABASE,
                    lambda take: dumps.dump(tools, config.database_url, snapshot.id, take),
                )
                if with_files:
                    # After the dump's instant: what it names stays for a week (`actions.files`).
                    files.load(config)
                    await _add_files(writer)
                writer.finish(
                    Manifest(
                        format=archive.FORMAT,
                        made_at=made_at,
                        postgres=dumps.major_of(connection),
                        migrations=snapshot.migrations,
                        epoch=snapshot.epoch,
                        last_sequence=snapshot.last_sequence,
                        tables=snapshot.tables,
                        keys=_needed(ring, snapshot.key_names),
                        parts=writer.parts,
                    )
                )
    finally:
        await connection.close()
    return path


async def _add_files(writer: Writer) -> None:
    async for name, _ in files.stored():
        sealed = await files.get_sealed(name)
        writer.add(archive.FILES + name, partial(_give, sealed))


def _give(content: bytes, take: Callable[[bytes], None]) -> None:
    take(content)


def _needed(ring: KeyRing, used: set[str]) -> dict[str, str]:
    """The keys that something is sealed with, the current one and that of the hashes."""
    names = {*used, ring.current, HASH_KEY}
    return {name: shown for name, shown in ring.fingerprints.items() if name in names}


def _escrow(config: Config, folder: Path, *, apart_from: Path) -> Path:
    """Copy the key ring to where the archives are not. A copy kept before stays as it is."""
    if folder.resolve() == apart_from.resolve():
        raise refuse("keys_beside_archive", path=str(folder))
    content = key_file.of(config).text().encode()
    path = folder / f"keys-{hashlib.sha256(content).hexdigest()[:12]}.json"
    if not path.exists():
        archive.write_private(path, content)
    return path
