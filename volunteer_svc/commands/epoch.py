"""Begins a new epoch of events: for restores that were done with other tools."""

import argparse
import asyncio

from redis.exceptions import RedisError

from volunteer_svc.commands.session import servers_of, told
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import refuse
from volunteer_svc.store import database
from volunteer_svc.store.event_log import Head
from workers import epoch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["rotate"])


def main(config: Config, _arguments: argparse.Namespace) -> int:
    """Exit code 0: rotated; 1: a server does not answer."""

    def work() -> None:
        with servers_of(config) as found:
            asyncio.run(_rotate(found))

    return told(work)


async def _rotate(config: Config) -> None:
    async with database.pool(config):
        show(await rotate(config, above=0))


async def rotate(config: Config, *, above: int) -> Head:
    """Raises `epoch_not_rotated` when Redis cannot be read."""
    try:
        return await epoch.rotate(config, above=above)
    except (RedisError, OSError) as error:
        raise refuse("epoch_not_rotated", reason=type(error).__name__) from error


def show(head: Head) -> None:
    print(f"events: epoch={head.epoch} first_sequence={head.floor_seq}")
