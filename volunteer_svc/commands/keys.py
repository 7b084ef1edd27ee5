"""The key ring: made once, its keys rotated, what hangs on them re-wrapped, old ones retired."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

from volunteer_svc import clock
from volunteer_svc.actions import keys
from volunteer_svc.actions.command import Call
from volunteer_svc.commands.session import ready
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Anyone
from volunteer_svc.identity import key_file, signing, vault
from volunteer_svc.identity.key_file import KeyRing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("create", help="make the key files unless it is there (the default)")
    actions.add_parser("rotate", help="make a new current key; the old ones still open")
    actions.add_parser("rewrap", help="wrap every person's key with the current key")
    retire = actions.add_parser("retire", help="forget a key that nothing hangs on")
    retire.add_argument("name", help="the key's name, such as k1")


def main(config: Config, arguments: argparse.Namespace) -> None:
    """Raises KeyRingError with a clear word."""
    match arguments.action:
        case "rotate":
            asyncio.run(_rotate(config))
        case "rewrap":
            asyncio.run(_rewrap(config))
        case "retire":
            asyncio.run(_retire(config, arguments.name))
        case _:
            key_file.create(config.key_file)
            signing.create(config.signing_key_file)
            print(config.key_file)
            print(config.signing_key_file)


async def _rotate(config: Config) -> None:
    """First all may open with the new key, then it seals: a kill in between does no harm."""
    async with _changing(config) as ring:
        with_new, name = ring.with_new_key()
        _put(config, with_new)
        vault.load(_source(config, with_new))
        await keys.prove_ring(_call())
        _put(config, with_new.sealing_with(name), last=True)
        vault.load(_source(config, with_new.sealing_with(name)))
        await keys.supersede(_call())
    print(f"{name} is the current key; next: keys rewrap", file=sys.stderr)


async def _rewrap(config: Config, *, quiet: bool = False) -> None:
    async with ready(config):
        await rewrap(quiet=quiet)


def bring_up_to_date(config: Config) -> None:
    """What a start does unasked: nothing once everybody has a key of his own."""
    asyncio.run(_rewrap(config, quiet=True))


async def rewrap(*, quiet: bool = False) -> None:
    """Everything that another key sealed, in batches; killed, the next run goes on from there."""

    def tell(what: str, done: int, total: int | None = None) -> None:
        if not quiet:
            of = "" if total is None else f"/{total}"
            print(f"\r{what:<28} {done}{of}", end="", file=sys.stderr, flush=True)

    done = 0
    after = keys.NOBODY
    while (last := await keys.give_keys(_call(), after)) is not None:
        after, done = last, done + 1
        tell("own keys, batches", done)
    total, done = await keys.left_to_rewrap(), 0
    while count := await keys.rewrap(_call()):
        done += count
        tell("persons' keys re-wrapped", done, max(total, done))
    done = 0
    while count := await keys.reseal(_call()):
        done += count
        tell("uploads, answers re-sealed", done)
    left = await keys.left_to_rewrap()
    if not quiet:
        print(f"\nleft to re-wrap: {left}", file=sys.stderr)


async def _retire(config: Config, name: str) -> None:
    async with _changing(config) as ring:
        await keys.retire(_call(), name)
        _put(config, ring.without(name), last=True)
    print(f"{name} is retired; keep it with the backups that were made under it", file=sys.stderr)


@asynccontextmanager
async def _changing(config: Config) -> AsyncIterator[KeyRing]:
    """The ring, proved, while nobody else changes its file."""
    alone = nullcontext() if config.keys else key_file.changing(config.key_file)
    with alone:
        async with ready(config):
            yield key_file.of(config)


def _source(config: Config, ring: KeyRing) -> Path | str:
    return ring.text() if config.keys else config.key_file


def _put(config: Config, ring: KeyRing, *, last: bool = False) -> None:
    """Into the file; a ring of the environment is printed once, for whoever sets it."""
    if not config.keys:
        key_file.replace(config.key_file, ring)
    elif last:
        print(ring.text(), end="")
        print("set VOLUNTEER_KEYS to this and restart every process", file=sys.stderr)


def _call() -> Call:
    return Call(actor=Anyone(), now=clock.now(), channel="command")
