"""What a command needs to act: pool, keys and clock of this process; its errors, told."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import msgspec

from volunteer_svc import embedded
from volunteer_svc.config import Config, ConfigError
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.i18n import LANGUAGES, words
from volunteer_svc.identity.key_file import KeyRingError
from volunteer_svc.identity.vault import VaultError
from volunteer_svc.ready import ready as process


@asynccontextmanager
async def ready(config: Config) -> AsyncIterator[None]:
    """Raises ConfigError when there is no database to speak to, or the key ring is not its own."""
    if not config.database_url:
        raise ConfigError(
            "DATABASE_URL is not set; `make run` prints the one of its embedded server"
        )
    async with process(config):
        yield


@contextmanager
def servers_of(config: Config) -> Iterator[Config]:
    """The configuration with the servers in it: the given ones, or the embedded ones, which are
    started for as long as it takes unless a run holds them."""
    if bool(config.database_url) != bool(config.redis_url):
        raise ConfigError("set both DATABASE_URL and REDIS_URL, or neither for embedded servers")
    if config.database_url:
        yield config
        return
    with embedded.reached(config.data_dir) as found:
        yield msgspec.structs.replace(
            config, database_url=found.database_url, redis_url=found.redis_url
        )


def told(work: Callable[[], None]) -> int:
    """Do it; what is refused or fails outside of us becomes words and exit code 1."""
    try:
        work()
    except Refusal as refusal:
        for fault in refusal.faults:
            for language in LANGUAGES:
                print(words(fault.code, fault.params, language).detail, file=sys.stderr)
        return 1
    except (KeyRingError, VaultError, embedded.ServersError, OSError) as error:
        print(f"volunteer-svc: {error}", file=sys.stderr)
        return 1
    return 0
