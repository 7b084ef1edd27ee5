"""How often one address may try: counted in Redis for all processes, here while Redis is away."""

import asyncio
import hashlib
import ipaddress
import logging
import time
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard
from redis.asyncio import Redis
from redis.exceptions import RedisError

from volunteer_svc import clock
from volunteer_svc.api.problems import EdgeRefusal
from volunteer_svc.config import Config
from volunteer_svc.domain.errors import Fault

_WINDOW_SECONDS = 60
_REDIS_SECONDS = 0.5
"""Nobody waits longer for a Redis that is away."""
_AWAY_SECONDS = 10.0
"""How long Redis is left alone after it failed, so that nobody waits for it at every request."""
_NETWORK_BITS_V6 = 64
"""A household has a whole IPv6 network, so its addresses count as one."""
_ADDRESSES_MAX = 10_000
_logger = logging.getLogger(__name__)


class Limiter:
    """Fixed windows of a minute."""

    def __init__(self, redis: Redis | None) -> None:
        self.redis = redis
        self._away_until = 0.0
        self._here: dict[str, int] = {}
        self._here_window = 0

    async def wait_seconds(self, what: str, address: str, limit: int) -> int | None:
        """Count one try; None when it is within the limit, else how long to wait."""
        now = clock.now().timestamp()  # processes share the windows
        window = int(now // _WINDOW_SECONDS)
        hashed = hashlib.sha256(address.encode()).hexdigest()[:32]
        if await self._count(f"{what}:{hashed}", window) <= limit:
            return None
        return max(1, round((window + 1) * _WINDOW_SECONDS - now))

    async def _count(self, key: str, window: int) -> int:
        if self.redis is not None and time.monotonic() >= self._away_until:
            name = f"volunteer:tries:{key}:{window}"
            try:
                # Not redis-py's own socket_timeout: on Python 3.11 it loses cancellations.
                async with (
                    asyncio.timeout(_REDIS_SECONDS),
                    self.redis.pipeline(transaction=True) as pipeline,
                ):
                    pipeline.incr(name)
                    pipeline.expire(name, 2 * _WINDOW_SECONDS)
                    return int((await pipeline.execute())[0])
            except (RedisError, OSError):  # TimeoutError is an OSError
                self._away_until = time.monotonic() + _AWAY_SECONDS
                _logger.warning("rate limits are counted in this process: Redis is away")
        return self._count_here(key, window)

    def _count_here(self, key: str, window: int) -> int:
        if window != self._here_window or len(self._here) >= _ADDRESSES_MAX:
            self._here, self._here_window = {}, window
        self._here[key] = self._here.get(key, 0) + 1
        return self._here[key]


def limited(what: str, setting: str) -> Guard:
    """A guard that allows `config.<setting>` tries a minute from one address."""

    async def guard(
        connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler
    ) -> None:
        config: Config = connection.app.state.config
        limiter: Limiter = connection.app.state.limiter
        address = network(client_address(connection, config.trusted_proxies))
        wait = await limiter.wait_seconds(what, address, getattr(config, setting))
        if wait is not None:
            fault = Fault("rate_limited", None, {"seconds": wait})
            raise EdgeRefusal(429, fault, headers={"Retry-After": str(wait)})

    return guard


def client_address(connection: ASGIConnection[Any, Any, Any, Any], trusted_proxies: int) -> str:
    """Who is calling. Only what our own proxies appended to X-Forwarded-For is believed."""
    if trusted_proxies:
        hops = ",".join(connection.headers.getall("x-forwarded-for", [])).split(",")
        if len(hops) >= trusted_proxies:
            return hops[-trusted_proxies].strip()
    return connection.client.host if connection.client else ""


def network(address: str) -> str:
    """The address, or for IPv6 the network it belongs to."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, _NETWORK_BITS_V6), strict=False))
    return address
