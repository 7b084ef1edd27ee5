"""The relay: numbers events and chains trails, appends to each way out, delivers webhooks.

Any number of relays may run. One leads, by a lock that ends with its connection; the others wait.
Two that lead at once do no harm: the log's head is locked for each move, and the stream takes only
what follows its last entry.
"""

import asyncio
import logging
import signal
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import uvloop
from redis.exceptions import RedisError

from volunteer_svc import clock, log
from volunteer_svc.config import Config, ConfigError
from volunteer_svc.outbound import redis_stream
from volunteer_svc.outbound.redis_stream import Stream
from volunteer_svc.outbound.way import Away, Position, Way
from volunteer_svc.outbound.webhooks import Sender
from volunteer_svc.ready import ready
from volunteer_svc.store import database, event_log, relay_marks, trails
from workers.webhooks import Dispatcher

_MOVE_EVENTS_MAX = 1000
_APPEND_EVENTS_MAX = 500
_POLL_SECONDS = 0.02
_IDLE_POLL_SECONDS = 0.05
_STANDBY_SECONDS = 0.2
_RECONNECT_SECONDS = 0.5
_RECHECK_SECONDS = 1.0
"""How soon a stream that Redis lost is noticed while no events come."""
_MARK_SECONDS = 1.0
"""How often is written down where the relay stands."""
_RETRY_SECONDS_MIN = 0.1
_RETRY_SECONDS_MAX = 5.0

_logger = logging.getLogger(__name__)


class AnotherTimeline(Exception):  # noqa: N818 - it says what is the case
    """A way holds what the log never held, or no longer: after a restore, most likely.

    Appending would give a number that readers have seen to a second event. `problem` is
    `ahead_of_log` or `differs_from_log`.
    """

    def __init__(self, problem: str, position: Position, head: int) -> None:
        super().__init__(f"stream_{problem}: at {position.sequence}, log at {head}")
        self.problem = problem
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
    async with ready(config):
        await run(config, stop)


async def run(config: Config, stop: asyncio.Event) -> None:
    """Relay until `stop` is set, through outages of any server. The pool is open.

    Raises ConfigError when NATS servers are named and its client is not installed.
    """
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(redis_stream.connect(config.redis_url))
        ways: list[Way] = [Stream(client, config.stream_maxlen)]
        if config.nats_servers:
            ways.append(jetstream(config, stack))
        async with asyncio.TaskGroup() as tasks:
            relaying = tasks.create_task(_relay(config, ways, stop))
            tasks.create_task(_deliver(config, stop))
            await stop.wait()
            # At any point: a move is a transaction, and an append is found done by the next relay.
            relaying.cancel()


def jetstream(config: Config, stack: AsyncExitStack) -> Way:
    """JetStream as a way, for as long as the stack is. Raises ConfigError: it is not installed."""
    try:
        from volunteer_svc.outbound.jetstream import JetStream  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise ConfigError(
            "VOLUNTEER_NATS_SERVERS needs the NATS client: pip install 'volunteer-svc[nats]'"
        ) from None
    remembered = partial(relay_marks.seq_of, JetStream.name)
    way = JetStream(config.nats_servers, config.stream_maxlen, remembered)
    stack.push_async_callback(way.close)
    return way


async def _deliver(config: Config, stop: asyncio.Event) -> None:
    """Webhooks, whether this process leads or not."""
    sender = Sender(config)
    try:
        await Dispatcher(sender).run(stop)
    finally:
        await sender.close()


async def _relay(config: Config, ways: Sequence[Way], stop: asyncio.Event) -> None:
    # Asked too, because a connection that is lost while we are cancelled hides the cancellation.
    while not stop.is_set():
        try:
            await _lead(config, ways)
        except* database.LOST as lost:
            _logger.warning("relay_lost_database", extra={"error": repr(lost.exceptions[0])})
        await asyncio.sleep(_RECONNECT_SECONDS)


async def _lead(config: Config, ways: Sequence[Way]) -> None:
    """Lead as soon as nobody else does, until the connection is lost."""
    connection = await event_log.connect(config)
    try:
        while not await event_log.try_to_lead(connection):  # noqa: ASYNC110 - PostgreSQL decides
            await asyncio.sleep(_STANDBY_SECONDS)
        _logger.info("relay_leads")
        await relay_marks.keep_only([way.name for way in ways])
        bells = [asyncio.Event() for _ in ways]
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_number(connection, bells))
            for way, bell in zip(ways, bells, strict=True):
                tasks.create_task(_append(way, bell))
    finally:
        await event_log.disconnect(connection)


async def _number(connection: Any, bells: Sequence[asyncio.Event]) -> None:
    marked = 0.0
    while True:
        count = await event_log.move(connection, _MOVE_EVENTS_MAX)
        if count:
            for bell in bells:
                bell.set()
        chained = await trails.move(connection, _MOVE_EVENTS_MAX)
        if time.monotonic() - marked > _MARK_SECONDS:
            await relay_marks.sequencing(connection, clock.now())
            marked = time.monotonic()
        if max(count, chained) < _MOVE_EVENTS_MAX:
            await asyncio.sleep(_POLL_SECONDS if count or chained else _IDLE_POLL_SECONDS)


async def _append(way: Way, moved: asyncio.Event) -> None:
    """Bring the way up to the log, again and again; all others go on while it is away."""
    pause, marked = _RETRY_SECONDS_MIN, 0.0
    while True:
        moved.clear()
        try:
            more = True
            while more:
                more = await append_once(way)
                if time.monotonic() - marked > _MARK_SECONDS:
                    at = (await way.position()).sequence
                    await relay_marks.mark(way.name, at, None, clock.now())
                    marked = time.monotonic()
        except AnotherTimeline as error:
            _logger.error(  # noqa: TRY400 - an alarm for the operator, not a bug's traceback
                f"stream_{error.problem}",  # noqa: G004 - the two words are constants
                extra={
                    "way": way.name, "stream_at": error.position.sequence, "log_at": error.head
                },
            )  # fmt: skip
            await relay_marks.mark(way.name, error.position.sequence, error.problem, clock.now())
            await asyncio.sleep(_RETRY_SECONDS_MAX)
        except (RedisError, Away) as error:
            _logger.warning("stream_unreachable", extra={"way": way.name, "error": repr(error)})
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


async def append_once(stream: Way) -> bool:
    """Append the next events of the log to a way. False when it has them all.

    Raises AnotherTimeline rather than append to what is not of this log.
    """
    at = await stream.position()
    head = await event_log.head()  # after the position: the log is never behind its stream
    if at.sequence > head.last_seq:
        raise AnotherTimeline("ahead_of_log", at, head.last_seq)
    if at.sequence == head.last_seq:
        return False
    # From the stream's last entry on, to see that it is the log's.
    start = max(at.sequence, head.floor_seq)
    if at.sequence == 0:
        start = max(start, head.last_seq - stream.maxlen + 1)
    events = await event_log.read(start - 1, _APPEND_EVENTS_MAX)
    if events and events[0].sequence == at.sequence:
        if at.event_id not in (None, str(events[0].event_id)):
            raise AnotherTimeline("differs_from_log", at, head.last_seq)
        events = events[1:]
    elif events and 0 < at.sequence < events[0].sequence - 1:
        _logger.warning(
            "stream_has_hole",
            extra={
                "way": stream.name, "stream_at": at.sequence, "goes_on_at": events[0].sequence
            },
        )  # fmt: skip
    if events:
        await stream.append(at.sequence, events)
    return bool(events)
