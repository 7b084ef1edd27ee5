"""Watches over the events. A loop of its own, because arq stands still without Redis."""

import asyncio
import logging
from datetime import datetime

from volunteer_svc import clock
from volunteer_svc.actions import alarms
from volunteer_svc.actions.command import Call
from volunteer_svc.domain.actor import Anyone
from volunteer_svc.store import database

INTERVAL_SECONDS = 10.0
_logger = logging.getLogger(__name__)


async def run(interval: float = INTERVAL_SECONDS) -> None:
    """Look at once and then every `interval` seconds, until cancelled. The pool is open."""
    since = clock.now()
    while True:
        try:
            await look(Call(actor=Anyone(), now=clock.now(), channel="worker"), since)
        except database.LOST as error:  # that it is gone is told by whoever needs it
            _logger.warning("events are not watched", extra={"error": type(error).__name__})
        except Exception:
            _logger.exception("events are not watched")
        await asyncio.sleep(interval)


async def look(call: Call, since: datetime) -> None:
    """Told in the log, too: while nobody numbers, the event waits."""
    for alarm in await alarms.watch(call, since):
        _logger.error(
            "alarm",
            extra={"alarm": alarm.kind, "reading": alarm.reading, "limit": alarm.limit},
        )
