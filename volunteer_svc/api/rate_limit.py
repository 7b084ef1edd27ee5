"""How often somebody may ask in a minute: counted in Redis for all processes together."""

import asyncio
import hashlib
import ipaddress
import logging
import time
from typing import Any, Literal

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard
from redis.asyncio import Redis
from redis.exceptions import RedisError

from volunteer_svc import clock
from volunteer_svc.api.problems import EdgeRefusal
from volunteer_svc.api.proxies import Proxies
from volunteer_svc.config import Config
from volunteer_svc.domain.actor import Actor, Anyone, Client
from volunteer_svc.domain.errors import Fault

_WINDOW_SECONDS = 60
_REDIS_SECONDS = 0.5
"""Nobody waits longer for a Redis that is away."""
_AWAY_SECONDS = 10.0
"""How long Redis is left alone after it failed, so that nobody waits for it at every request."""
_NETWORK_BITS_V6 = 64
"""A household has a whole IPv6 network, so its addresses count as one."""
_CALLERS_MAX = 10_000
_SPENT = -1
_logger = logging.getLogger(__name__)

What = Literal[
    "address", "account", "client", "registrations", "sign-ins", "uploads", "verifications"
]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table.

    `setting`: the field of Config with the tries a minute.
    `away`: what holds while Redis does not answer. `here`: each process goes on counting by itself,
    so at most `setting` times the number of processes get through. `open`: no limit.
    `share`: a process takes that part of the limit from Redis at once (1/share), so that most
    requests ask Redis nothing; 0: every try is counted there, and the limit is exact.
    """

    setting: str
    away: Literal["here", "open"]
    share: int = 0


RULES: dict[What, Rule] = {
    # Who guesses passwords or fills the work list must not win by taking Redis away. Closed
    # altogether would be worse: whoever can stop Redis could keep a county from signing in.
    "sign-ins": Rule(setting="sign_ins_per_minute", away="here"),
    "registrations": Rule(setting="registrations_per_minute", away="here"),
    "verifications": Rule(setting="verifications_per_minute", away="here"),
    "uploads": Rule(setting="uploads_per_minute", away="here"),
    "address": Rule(setting="requests_per_minute", away="here", share=20),
    # These are for fairness between people and services we know: their work goes on.
    "account": Rule(setting="account_requests_per_minute", away="open", share=20),
    "client": Rule(setting="client_requests_per_minute", away="open", share=20),
}
"""All limits. `address` holds for all of /v1, `account` and `client` for whoever is signed in."""


class Limiter:
    """Fixed windows of a minute."""

    def __init__(self, redis: Redis | None, config: Config) -> None:
        self.redis = redis
        self._config = config
        self._away_until = 0.0
        self._window = 0
        self._left: dict[tuple[What, str], int] = {}
        """Tries taken from Redis and not used yet; _SPENT: there are none before the next window"""
        self._taking: dict[tuple[What, str], asyncio.Lock] = {}
        self._here: dict[tuple[What, str], int] = {}
        """Tries given out by this process alone."""

    async def check(self, what: What, who: str) -> None:
        """Count one try. Raises EdgeRefusal (429) with Retry-After when there were too many."""
        wait = await self.wait_seconds(what, who)
        if wait is not None:
            fault = Fault("rate_limited", None, {"seconds": wait})
            raise EdgeRefusal(429, fault, headers={"Retry-After": str(wait)})

    async def wait_seconds(self, what: What, who: str) -> int | None:
        """Count one try; None when it is within the limit, else how long to wait."""
        now = clock.now().timestamp()  # processes share the windows
        window, key = int(now // _WINDOW_SECONDS), (what, who)
        if window != self._window or len(self._left) + len(self._here) >= _CALLERS_MAX:
            self._left, self._here, self._taking, self._window = {}, {}, {}, window
        left = self._left.get(key, 0)
        if left == 0:
            # One at a time: of many requests at one moment each would take a portion, and leave
            # none to the other processes.
            async with self._taking.setdefault(key, asyncio.Lock()):
                left = self._left.get(key, 0) or await self._take(key, window) or _SPENT
                if left != _SPENT:
                    self._left[key] = left
        if left == _SPENT:
            self._left[key] = _SPENT
            return max(1, round((window + 1) * _WINDOW_SECONDS - now))
        self._left[key] = left - 1
        return None

    async def _take(self, key: tuple[What, str], window: int) -> int:
        """Some of the tries that are left in this window; 0: none are."""
        what, who = key
        rule = RULES[what]
        limit: int = getattr(self._config, rule.setting)
        portion = max(1, limit // rule.share) if rule.share else 1
        if self.redis is not None:
            if time.monotonic() >= self._away_until:
                hashed = hashlib.sha256(who.encode()).hexdigest()[:32]
                name = f"volunteer:tries:{what}:{hashed}:{window}"
                try:
                    return _of(portion, limit, await self._count(self.redis, name, portion))
                except (RedisError, OSError):  # TimeoutError is an OSError
                    self._away_until = time.monotonic() + _AWAY_SECONDS
                    _logger.warning("rate limits are not shared: Redis is away")
            if rule.away == "open":
                return portion
        self._here[key] = self._here.get(key, 0) + portion
        return _of(portion, limit, self._here[key])

    async def _count(self, redis: Redis, name: str, portion: int) -> int:
        # Not redis-py's own socket_timeout: on Python 3.11 it loses cancellations.
        async with asyncio.timeout(_REDIS_SECONDS), redis.pipeline(transaction=True) as pipeline:
            pipeline.incrby(name, portion)
            pipeline.expire(name, 2 * _WINDOW_SECONDS)
            return int((await pipeline.execute())[0])


def _of(portion: int, limit: int, total: int) -> int:
    """How much of the portion last added to `total` is within the limit."""
    return max(0, min(portion, limit - (total - portion)))


def limited(what: What) -> Guard:
    """A guard that counts the tries of one address."""

    async def guard(
        connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
    ) -> None:
        limiter: Limiter = connection.app.state.limiter
        proxies: Proxies = connection.app.state.proxies
        await limiter.check(what, network(proxies.address(connection.scope)))

    return guard


async def limit_actor(limiter: Limiter, actor: Actor) -> None:
    """Count one request of whoever is signed in. Raises EdgeRefusal (429)."""
    if not isinstance(actor, Anyone):
        await limiter.check("client" if isinstance(actor, Client) else "account", str(actor.id))


def network(address: str) -> str:
    """The address, or for IPv6 the network it belongs to."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, _NETWORK_BITS_V6), strict=False))
    return address
