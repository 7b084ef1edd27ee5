"""Whether the process lives, whether it is ready, and its metrics."""

import asyncio
from typing import Literal

import msgspec
from litestar import Response, Router, get
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from redis.exceptions import RedisError

from volunteer_svc.api.documented import documented
from volunteer_svc.api.metrics import Metrics
from volunteer_svc.api.problems import EdgeRefusal
from volunteer_svc.api.rate_limit import Limiter
from volunteer_svc.domain.errors import Fault
from volunteer_svc.store import database
from volunteer_svc.store.migrations import is_current

_PROBE_SECONDS = 2.0
_EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"


class Live(msgspec.Struct, frozen=True):
    status: Literal["ok"] = "ok"


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """Redis is told of, not required: without it rate limits are counted in the process."""

    database: Literal["ok"] = "ok"
    redis: Literal["ok", "away"]


@get(
    "/health/live", **documented("readLiveness", "The process answers", signed_in=False, probe=True)
)
async def live() -> Live:
    return Live()


@get(
    "/health/ready",
    **documented("readReadiness", "Requests can be served", signed_in=False, probe=True),
)
async def ready(state: State) -> Ready:
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            current = await is_current()
    except database.LOST:
        current = False
    if not current:
        raise EdgeRefusal(503, Fault("not_ready"), headers={"Retry-After": "2"})
    return Ready(redis="ok" if await _redis_answers(state.limiter) else "away")


@get(
    "/metrics",
    media_type=_EXPOSITION,
    **documented(
        "readMetrics",
        "Metrics for Prometheus",
        signed_in=False,
        probe=True,
        more={200: ResponseSpec(str, False, "The exposition format", "text/plain")},
    ),
)
async def read_metrics(state: State) -> Response[bytes]:
    metrics: Metrics = state.metrics
    return Response(await metrics.text(), media_type=_EXPOSITION)


async def _redis_answers(limiter: Limiter) -> bool:
    if limiter.redis is None:
        return False
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            await limiter.redis.ping()
    except (RedisError, OSError, TimeoutError):
        return False
    return True


router = Router("/", tags=["health"], route_handlers=[live, ready, read_metrics])
