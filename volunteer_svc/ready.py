"""What every process does before its work: its clock, its keys, a pool, and a proof of the keys."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from volunteer_svc import clock
from volunteer_svc.actions import keys
from volunteer_svc.actions.command import Call
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Anyone
from volunteer_svc.identity import vault
from volunteer_svc.store import database


@asynccontextmanager
async def ready(config: Config) -> AsyncIterator[None]:
    """Raises KeyRingError when the ring is not this database's own, ConfigError when the schema is
    not up to date, and one of `database.LOST` when nobody answers there."""
    clock.start_at(config.clock_start)
    vault.load(config.keys or config.key_file)
    async with database.pool(config):
        await keys.prove_ring(Call(actor=Anyone(), now=clock.now()))
        yield
