"""The relay: numbers committed events, appends them to the Redis stream, delivers webhooks.

Any number of relays may run. One leads, by a lock that ends with its connection; the others wait.
Two that lead at once do no harm: the log's head is locked for each move, and the stream takes only
what follows its last entry.
"""

import asyncio
import logging
import signal
from typing import Any

import uvloop
from redis.exceptions import RedisError

from volunteer_svc import clock, log
from volunteer_svc.actions import keys
from volunteer_svc.actions.command import Call
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Anyone
from volunteer_svc.identity import vault
from volunteer_svc.outbound import redis_stream
from volunteer_svc.outbound.redis_stream import Position, Stream
from volunteer_svc.outbound.webhooks import Sender
from volunteer_svc.store import database, event_log, trails
from workers.webhooks import Dispatcher

_MOVE_EVENTS_MAX = 1000
_APPEND_EVENTS_MAX = 500
_POLL_SECONDS = 0.02
_IDLE_POLL_SECONDS = 0.05
_STANDBY_SECONDS = 0.2
_RECONNECT_SECONDS = 0.5
_RECHECK_SECONDS = 1.0
"""How soon a stream that Redis lost is noticed while no events come."""
_RETRY_SECONDS_MIN = 0.1
_RETRY_SECONDS_MAX = 5.0

_logger = logging.getLogger(__name__)


class AnotherTimeline(Exception):  # noqa: N818 - it says what is the case
    """The stream holds what the log never held, or no longer: after a restore, most likely.

    Appending would give a number that readers have seen to a second event.
    """

    def __init__(self, alarm: str, position: Position, head: int) -> None:
        super().__init__(f"{alarm}: stream at {position.sequence}, log at {head}")
        self.alarm = alarm
        self.position = position
        self.head = head


def main(config: Config) -> None:
    """Relay until SIGTERM or SIGINT."""
    log.setup(config)
    uvloop.run(_main(config))


async def _main(config: Config) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if config.clock_start is not None:
        clock.start_at(config.clock_start)
    vault.load(config.keys or config.key_file)
    async with database.pool(config):
        await keys.prove_ring(Call(actor=Anyone(), now=clock.now()))
        await run(config, stop)


async def run(config: Config, stop: asyncio.Event) -> None:
    """Relay until `stop` is set, through outages of either server. The pool is open."""
    async with redis_stream.connect(config.redis_url) as client, asyncio.TaskGroup() as tasks:
        relaying = tasks.create_task(_relay(config, Stream(client, config.stream_maxlen), stop))
        tasks.create_task(_deliver(config, stop))
        await stop.wait()
        # At any point: a move is a transaction, and an append is found done by the next relay.
        relaying.cancel()


async def _deliver(config: Config, stop: asyncio.Event) -> None:
    """Webhooks, whether this process leads or not."""
    sender = Sender(config)
    try:
        await Dispatcher(sender).run(stop)
    finally:
        await sender.close()


async def _relay(config: Config, stream: Stream, stop: asyncio.Event) -> None:
    # Asked too, because a connection that is lost while we are cancelled hides the cancellation.
    while not stop.is_set():
        try:
            await _lead(config, stream)
        except* database.LOST as lost:
            _logger.warning("relay_lost_database", extra={"error": repr(lost.exceptions[0])})
        await asyncio.sleep(_RECONNECT_SECONDS)


async def _lead(config: Config, stream: Stream) -> None:
    """Lead as soon as nobody else does, until the connection is lost."""
    connection = await event_log.connect(config)
    try:
        while not await event_log.try_to_lead(connection):  # noqa: ASYNC110 - PostgreSQL decides
            await asyncio.sleep(_STANDBY_SECONDS)
        _logger.info("relay_leads")
        moved = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_number(connection, moved))
            tasks.create_task(_append(stream, moved))
    finally:
        await event_log.disconnect(connection)


async def _number(connection: Any, moved: asyncio.Event) -> None:
    while True:
        count = await event_log.move(connection, _MOVE_EVENTS_MAX)
        if count:
            moved.set()
        chained = await trails.move(connection, _MOVE_EVENTS_MAX)
        if max(count, chained) < _MOVE_EVENTS_MAX:
            await asyncio.sleep(_POLL_SECONDS if count or chained else _IDLE_POLL_SECONDS)


async def _append(stream: Stream, moved: asyncio.Event) -> None:
    """Bring the stream up to the log, again and again; numbering goes on while Redis is away."""
    pause = _RETRY_SECONDS_MIN
    while True:
        moved.clear()
        try:
            while await append_once(stream):
                pass
        except AnotherTimeline as error:
            _logger.error(  # noqa: TRY400 - an alarm for the operator, not a bug's traceback
                error.alarm,
                extra={"stream_at": error.position.sequence, "log_at": error.head},
            )
            await asyncio.sleep(_RETRY_SECONDS_MAX)
        except RedisError as error:
            _logger.warning("stream_unreachable", extra={"error": repr(error)})
            await asyncio.sleep(pause)
            pause = min(2 * pause, _RETRY_SECONDS_MAX)
        else:
            pause = _RETRY_SECONDS_MIN
            await _wait(moved, _RECHECK_SECONDS)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


async def append_once(stream: Stream) -> bool:
    """Append the next events of the log to the stream. False when it has them all.

    Raises AnotherTimeline rather than append to a stream that is not of this log.
    """
    at = await stream.position()
    head = await event_log.head()  # after the position: the log is never behind its stream
    if at.sequence > head.last_seq:
        raise AnotherTimeline("stream_ahead_of_log", at, head.last_seq)
    if at.sequence == head.last_seq:
        return False
    # From the stream's last entry on, to see that it is the log's.
    start = max(at.sequence, head.floor_seq)
    if at.sequence == 0:
        start = max(start, head.last_seq - stream.maxlen + 1)
    events = await event_log.read(start - 1, _APPEND_EVENTS_MAX)
    if events and events[0].sequence == at.sequence:
        if at.event_id not in (None, str(events[0].event_id)):
            raise AnotherTimeline("stream_differs_from_log", at, head.last_seq)
        events = events[1:]
    elif events and 0 < at.sequence < events[0].sequence - 1:
        _logger.warning(
            "stream_has_hole", extra={"stream_at": at.sequence, "goes_on_at": events[0].sequence}
        )
    if events:
        await stream.append(at.sequence, events)
    return bool(events)
