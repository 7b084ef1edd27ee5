"""What a command needs to act: pool, keys and clock of this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from volunteer_svc import clock
from volunteer_svc.actions import keys
from volunteer_svc.actions.command import Call
from volunteer_svc.config import Config, ConfigError
from volunteer_svc.domain.actor import Anyone
from volunteer_svc.identity import vault
from volunteer_svc.store import database


@asynccontextmanager
async def ready(config: Config) -> AsyncIterator[None]:
    """Raises ConfigError when there is no database to speak to, or the key ring is not its own."""
    if not config.database_url:
        raise ConfigError(
            "DATABASE_URL is not set; `make run` prints the one of its embedded server"
        )
    if config.clock_start is not None:
        clock.start_at(config.clock_start)
    vault.load(config.keys or config.key_file)
    async with database.pool(config):
        await keys.prove_ring(Call(actor=Anyone(), now=clock.now()))
        yield
