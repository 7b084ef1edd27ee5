"""The scheduled jobs: each asks PostgreSQL what is due, so a missed or doubled run does no harm.

arq only rings the bell. Durable state is in PostgreSQL: arq never catches up a run it missed.
"""

import asyncio
import functools
import logging
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import uvloop
from arq import Worker, cron
from arq.connections import RedisSettings
from arq.cron import CronJob
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from volunteer_svc import clock, log
from volunteer_svc.actions import (
    badges,
    certificate_batches,
    check_ins,
    county_import,
    digests,
    event_retention,
    heads,
    housekeeping,
    intake,
    re_evaluation,
    record_exports,
    reminders,
    reviews,
    sent_codes,
    staffing,
    undos,
)
from volunteer_svc.actions import files as kept_files
from volunteer_svc.actions.command import Call
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Anyone
from volunteer_svc.domain.badge import Issuer
from volunteer_svc.domain.errors import Refusal
from volunteer_svc.domain.sent_code import Message
from volunteer_svc.identity import files, signing
from volunteer_svc.outbound import redis_stream
from volunteer_svc.outbound.code_channels import SECONDS, Channel, NotSentError, channel_of
from volunteer_svc.outbound.redis_stream import Stream
from volunteer_svc.ready import ready
from workers import watch

_JOB_SECONDS = 600
_RETRY_SECONDS = 1
_logger = logging.getLogger(__name__)


async def take_up_imports(_: dict[Any, Any]) -> None:
    """Preview what was uploaded, commit what is to be committed, take up what was killed."""
    while await county_import.work_on_next(clock.now):
        pass


async def take_up_forms(_: dict[Any, Any]) -> None:
    """Make registrations and claims of the open forms handed in."""
    while await intake.take_up_next(_call()):
        pass


async def send_codes(context: dict[Any, Any]) -> None:
    """Send the one-time codes that volunteers asked for; one batch at a time in this process."""
    sending: asyncio.Lock = context["sending"]
    if sending.locked():
        return
    async with sending:
        while messages := await sent_codes.take_due(_call()):
            await asyncio.gather(*(_send(context["channel"], one) for one in messages))


async def _send(channel: Channel, message: Message) -> None:
    """What is not sent is due again when its lease is over, until the code is."""
    if await _sent(channel, message, "a code was not sent"):
        await sent_codes.sent(message.id)


async def _sent(channel: Channel, message: Message, otherwise: str) -> bool:
    """Whether the channel has taken it."""
    try:
        async with asyncio.timeout(SECONDS):
            await channel.send(message)
    except (NotSentError, TimeoutError) as error:
        reason = str(error) if isinstance(error, NotSentError) else "too slow"
        _logger.warning(otherwise, extra={"reason": reason})
        return False
    return True


async def make_reminders(_: dict[Any, Any]) -> None:
    """Of what is due today."""
    if made := await reminders.make_reminders(_call()):
        _logger.info("reminders made", extra={"count": made})


async def send_reminders(context: dict[Any, Any]) -> None:
    """Write to volunteers, by day; one batch at a time in this process."""
    sending: asyncio.Lock = context["reminding"]
    if sending.locked():
        return
    async with sending:
        while messages := await reminders.take_due(_call()):
            for message in messages:
                if await _sent(context["channel"], message, "a reminder was not sent"):
                    await reminders.sent(_call(), message.id)


async def take_up_undos(_: dict[Any, Any]) -> None:
    """Imports that are taken back, a batch after the other."""
    while await undos.work_on_next(_call()):
        pass


async def take_out_records(_: dict[Any, Any]) -> None:
    """Exports of the record classes; those that are over are forgotten."""
    while await record_exports.work_on_next(clock.now):
        pass


async def find_signals(_: dict[Any, Any]) -> None:
    """What somebody should look at."""
    if new := (await reviews.find_signals(_call())).new:
        _logger.info("review signals found", extra={"count": new})


async def print_certificates(context: dict[Any, Any]) -> None:
    """Batches of certificates, one after the other."""
    config: Config = context["config"]
    while await certificate_batches.work_on_next(_call(), config.origin, clock.now):
        pass


async def sign_badges(context: dict[Any, Any]) -> None:
    """What waits to be signed, and status lists that changed or grow old."""
    config: Config = context["config"]
    key: signing.SigningKey | None = context.get("badge_key")
    if key is None:
        try:
            key = context["badge_key"] = signing.load(config.signing_key_file)
        except signing.SigningKeyError:  # the head's job tells of it
            return
    if signed := await badges.sign_badges(_call(), key, Issuer(config.origin)):
        _logger.info("badges signed", extra={"count": signed})


async def close_check_ins(_: dict[Any, Any]) -> None:
    """Who forgot to check out gets a provisional end, which waits for staff."""
    while closed := await check_ins.close_forgotten(_call()):
        _logger.info("check-ins closed", extra={"count": closed})


async def announce_lapses(_: dict[Any, Any]) -> None:
    """Tell of registrations whose induction window is over."""
    while announced := await housekeeping.announce_lapses(_call()):
        _logger.info("lapses announced", extra={"count": announced})


async def bring_policies_into_force(_: dict[Any, Any]) -> None:
    """Activate the policies whose day has come, and rate everybody by them."""
    while version := await re_evaluation.activate_next(_call()):
        _logger.info("policy activated", extra={"policy": version})
    while await re_evaluation.rate_batch(_call()):
        pass


async def close_accounts(_: dict[Any, Any]) -> None:
    """Accounts of contractors whose day has come."""
    if closed := await staffing.close_what_is_due(_call()):
        _logger.info("accounts closed", extra={"count": closed})


async def forget_what_is_over(_: dict[Any, Any]) -> None:
    """Retention."""
    await housekeeping.forget_what_is_over(_call())
    await certificate_batches.expire_batches(_call())
    while erased := await housekeeping.erase_what_is_over(_call()):
        _logger.info("persons erased", extra={"count": erased})


async def forget_events(context: dict[Any, Any]) -> None:
    """Retention of the event log, and of what the stream still holds of it."""
    config: Config = context["config"]
    floor = 0
    while head := await event_retention.forget_events(_call(), config.event_days):
        floor = head.floor_seq
    if floor:
        _logger.info("events forgotten", extra={"floor": floor})
        async with redis_stream.connect(config.redis_url) as client:
            await Stream(client, config.stream_maxlen).trim(floor)


async def sign_head(context: dict[Any, Any]) -> None:
    """The head of the day, once a day."""
    try:
        key = signing.load(context["signing_key_file"])
    except signing.SigningKeyError as error:
        _logger.warning("no head is signed", extra={"error": str(error)})
        return
    if await heads.sign_head(_call(), key) is not None:
        _logger.info("head signed")


async def publish_digests(_: dict[Any, Any]) -> None:
    """What each station's events of yesterday add up to, and of the days missed."""
    while day := await digests.publish_digests(_call()):
        _logger.info("digests published", extra={"on": str(day)})


async def sweep_files(_: dict[Any, Any]) -> None:
    """Retention of what is in the object store."""
    try:
        if swept := await kept_files.sweep(_call()):
            _logger.info("files swept", extra={"count": swept})
    except Refusal as refusal:  # the store is away: tomorrow again
        _logger.warning(refusal.code)


def _call() -> Call:
    return Call(actor=Anyone(), now=clock.now(), channel="worker")


def _bell(job: Callable[[dict[Any, Any]], Awaitable[None]], **when: Any) -> CronJob:
    """The job at its times. arq would log the text of an error, which may show a person."""

    @functools.wraps(job)
    async def run(context: dict[Any, Any]) -> None:
        try:
            await job(context)
        except Exception:
            _logger.exception("a job failed", extra={"job": job.__name__})

    return cron(run, **when)  # type: ignore[arg-type]  # arq types a job as taking any arguments


_BELLS = [
    _bell(take_up_imports, second=set(range(60)), timeout=_JOB_SECONDS),
    _bell(take_up_undos, second=set(range(0, 60, 5)), timeout=_JOB_SECONDS),
    _bell(take_out_records, second=set(range(0, 60, 2)), timeout=_JOB_SECONDS),
    _bell(take_up_forms, second=set(range(60)), timeout=_JOB_SECONDS),
    _bell(send_codes, second=set(range(60)), timeout=_JOB_SECONDS),
    _bell(print_certificates, second=set(range(60)), timeout=_JOB_SECONDS),
    _bell(sign_badges, second=set(range(0, 60, 2)), run_at_startup=True),
    _bell(close_check_ins, second=10, run_at_startup=True),
    _bell(announce_lapses, second=0, run_at_startup=True),
    _bell(make_reminders, minute=3, run_at_startup=True),
    _bell(send_reminders, second=30, timeout=_JOB_SECONDS),
    _bell(bring_policies_into_force, second=10, run_at_startup=True, timeout=_JOB_SECONDS),
    _bell(close_accounts, second=5, run_at_startup=True),
    _bell(forget_what_is_over, minute=17, run_at_startup=True),
    _bell(forget_events, minute=37, run_at_startup=True),
    _bell(sign_head, minute=23, run_at_startup=True),
    _bell(publish_digests, minute={11, 41}, run_at_startup=True),
    _bell(find_signals, hour=19, minute=7),
    _bell(sweep_files, hour=3, minute=43),
]


def main(config: Config) -> None:
    """Work until SIGTERM or SIGINT."""
    log.setup(config)
    logging.getLogger("arq").setLevel(logging.WARNING)  # it tells of every bell
    logging.getLogger("httpx").setLevel(logging.WARNING)  # and it of every address
    uvloop.run(_main(config))


async def _main(config: Config) -> None:
    files.load(config)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with ready(config):
        watching = asyncio.create_task(watch.run())
        try:
            await run(config, stop)
        finally:
            watching.cancel()


async def run(config: Config, stop: asyncio.Event) -> None:
    """Work until `stop`; a Redis that goes away is waited for, it holds nothing we need."""
    stopped = asyncio.create_task(stop.wait())
    while not stop.is_set():
        working = asyncio.create_task(_work(config))
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()
        (outcome,) = await asyncio.gather(working, return_exceptions=True)
        if isinstance(outcome, OSError | RedisConnectionError | RedisTimeoutError):
            _logger.warning("redis is away", extra={"error": type(outcome).__name__})
            await asyncio.wait({stopped}, timeout=_RETRY_SECONDS)
        elif isinstance(outcome, Exception):
            raise outcome
    await stopped


async def _work(config: Config) -> None:
    settings = RedisSettings.from_dsn(config.redis_url)
    settings.retry_on_error = [RedisConnectionError, RedisTimeoutError, OSError]
    worker = Worker(
        cron_jobs=_BELLS,
        ctx={
            "config": config,
            "signing_key_file": config.signing_key_file,
            "channel": channel_of(config),
            "sending": asyncio.Lock(),
            "reminding": asyncio.Lock(),
        },
        redis_settings=settings,
        handle_signals=False,
        job_timeout=_JOB_SECONDS,
        keep_result=0,
        log_results=False,
        job_serializer=msgspec.msgpack.encode,
        job_deserializer=msgspec.msgpack.decode,
    )
    try:
        await worker.async_run()
    finally:
        await worker.close()
