"""Brings a backup into an empty database: checked before, proved after."""

import argparse
import asyncio
from pathlib import Path
from uuid import UUID

from volunteer_svc import archive, clock, embedded
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.erasures import erase_again
from volunteer_svc.archive import Reader
from volunteer_svc.commands import epoch, erased
from volunteer_svc.commands.session import ready, servers_of, told
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Anyone
from volunteer_svc.domain.errors import refuse
from volunteer_svc.identity import files, key_file, people, person_keys
from volunteer_svc.identity.vault import Vault
from volunteer_svc.store import dumps, migrate, migrations, sessions
from volunteer_svc.store import people as stored


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("archive", type=Path, help="what `backup` wrote")
    parser.add_argument(
        "--keys", type=Path, required=True, metavar="FILE", help="the key ring, kept apart from it"
    )
    parser.add_argument(
        "--last-sequence",
        type=int,
        default=0,
        metavar="N",
        help="the highest event number any consumer has seen, if Redis lost the stream",
    )
    parser.add_argument(
        "--erased",
        type=Path,
        metavar="FILE",
        help="what `erased` printed last: who was erased since the backup is erased again",
    )
    parser.add_argument(
        "--unsealed",
        action="store_true",
        help="take an archive from before they were sealed; be sure whose it is",
    )


def main(config: Config, arguments: argparse.Namespace) -> int:
    """Exit code 0: the service may start; 1: refused."""

    def work() -> None:
        ring, again = Vault(key_file.read(arguments.keys)), []
        if arguments.erased:
            again = erased.read(arguments.erased)
        with archive.reading(
            arguments.archive, ring, str(arguments.keys), unsealed=arguments.unsealed
        ) as reader:
            _check_keys(reader, arguments.keys)
            _check_version(reader)
            _check_key_file(config.key_file, arguments.keys)
            with servers_of(config) as found:
                asyncio.run(_restore(found, reader, arguments, again))

    return told(work)


def _check_keys(reader: Reader, path: Path) -> None:
    """Whether this key ring is the one that the archive needs."""
    held = key_file.read(path).fingerprints
    for name, shown in reader.manifest.keys.items():
        if name not in held:
            raise refuse("archive_key_missing", key=name, path=str(path))
        if held[name] != shown:
            raise refuse("archive_key_differs", key=name, path=str(path))


def _check_version(reader: Reader) -> None:
    for name in sorted({*reader.manifest.migrations} - migrations.ids()):
        raise refuse("archive_newer", migration=name)


def _check_key_file(present: Path, given: Path) -> None:
    """The service will use `present`: it must not be another ring."""
    if present.exists() and (
        key_file.read(present).fingerprints != key_file.read(given).fingerprints
    ):
        raise refuse("key_file_differs", path=str(present))


async def _restore(
    config: Config, reader: Reader, arguments: argparse.Namespace, again: list[UUID]
) -> None:
    manifest = reader.manifest
    connection = await dumps.connect(config.database_url)
    try:
        if found := await dumps.strangers(connection):
            raise refuse("database_not_empty", found=", ".join(found))
        server = dumps.major_of(connection)
        if server < manifest.postgres:
            raise refuse("server_older_than_archive", server=server, archive=manifest.postgres)
        tools = dumps.tools(server, embedded.tools())
        with reader.open(archive.DATABASE) as source:
            _compare(manifest.tables, dumps.dumped_counts(tools, source))
        print(f"checked: {len(manifest.parts)} parts, {sum(manifest.tables.values())} rows")
        with reader.open(archive.DATABASE) as source:
            dumps.load(tools, config.database_url, source)
        _compare(manifest.tables, await dumps.counts(connection))
    finally:
        await connection.close()
    print("restored: every count as in the manifest")
    if not config.key_file.exists():
        archive.write_private(config.key_file, arguments.keys.read_bytes())
    if count := await _put_files(config, reader):
        print(f"files: {count}")
    await migrate.migrate(config)
    async with ready(config):
        print(f"keys: {await _prove_keys()} people opened and found again by their hash")
        await sessions.end_all()
        if again:
            print(f"erased again: {await _erase_again(again)}")
        epoch.show(await epoch.rotate(config, above=arguments.last_sequence))


async def _erase_again(volunteer_ids: list[UUID]) -> int:
    """Each in a transaction of its own: killed, the same list is given once more."""
    count = 0
    for volunteer_id in volunteer_ids:
        call = Call(actor=Anyone(), now=clock.now(), channel="command")
        count += await erase_again(call, volunteer_id)
    return count


async def _put_files(config: Config, reader: Reader) -> int:
    """Put the files of the archive, if any, into the store of the settings; how many."""
    files.load(config)
    names = [part.name for part in reader.manifest.parts if part.name.startswith(archive.FILES)]
    for name in names:
        with reader.open(name) as source:
            await files.put_sealed(name.removeprefix(archive.FILES), source.read())
    return len(names)


def _compare(expected: dict[str, int], found: dict[str, int]) -> None:
    for table in sorted({*expected, *found}):
        if expected.get(table) != found.get(table):
            raise refuse(
                "archive_counts_differ",
                table=table,
                expected=expected.get(table, 0),
                found=found.get(table, 0),
            )


async def _prove_keys() -> int:
    """Open secrets of all people and find them again by their hashes; how many."""
    count = 0
    async for page in stored.everybody():
        keys = await person_keys.of([person.volunteer_id for person in page])
        if not all(people.opens(keys.get(person.volunteer_id), person) for person in page):
            raise refuse("restored_key_useless")
        count += len(page)
    return count
