"""What a start does for people enrolled before names were found in letters."""

import asyncio

from volunteer_svc import clock
from volunteer_svc.actions import members
from volunteer_svc.actions.command import Call
from volunteer_svc.commands.session import ready
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Anyone


def bring_up_to_date(config: Config) -> None:
    """Nothing once everybody is found; killed, the next start goes on."""
    asyncio.run(_fill(config))


async def _fill(config: Config) -> None:
    async with ready(config):
        while await members.fill_pinyin(Call(actor=Anyone(), now=clock.now(), channel="command")):
            pass
