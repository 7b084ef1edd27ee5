"""The HTTP service: the only wiring of configuration, store, key ring and routes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import uvicorn
from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from redis.asyncio import Redis

from volunteer_svc import clock, log
from volunteer_svc.actions import clients, keys
from volunteer_svc.actions.command import Call
from volunteer_svc.actions.joined import Joiner
from volunteer_svc.api.connection import Connection
from volunteer_svc.api.edge import Edge
from volunteer_svc.api.metrics import Metrics
from volunteer_svc.api.openapi import OPENAPI
from volunteer_svc.api.proxies import Proxies
from volunteer_svc.api.rate_limit import Limiter
from volunteer_svc.api.routes import check_operations, routes, tell_all_methods
from volunteer_svc.config import Config, ConfigError
from volunteer_svc.domain.actor import Anyone
from volunteer_svc.identity import files, vault
from volunteer_svc.store import database
from volunteer_svc.web.errors import answer, refused
from volunteer_svc.web.routes import check_pages, page_routes

SHUTDOWN_SECONDS = 8
"""Running requests get this long, so that SIGTERM ends the process within ten."""
_PREFLIGHT_SECONDS = 600


def create_app(config: Config) -> Litestar:
    """The application; connects to nothing before its lifespan is entered."""
    metrics = Metrics()
    proxies = Proxies(config.trusted_proxies, config.proxy_header)
    state = {
        "config": config,
        "metrics": metrics,
        "proxies": proxies,
        "limiter": Limiter(None, config),
    }
    app = Litestar(
        route_handlers=[*routes(config), *page_routes(config)],
        dependencies={"config": Provide(lambda: config, sync_to_thread=False)},
        exception_handlers={Exception: answer},
        lifespan=[_lifespan(config)],
        state=State(state),
        cors_config=_cors(config),
        request_max_body_size=config.body_max_bytes,
        openapi_config=OPENAPI,
        logging_config=None,
    )
    check_operations(app)
    check_pages(app)
    tell_all_methods(app)
    # Outside of Litestar's own handler: its middlewares do not run for unknown routes.
    app.asgi_handler = Edge(app.asgi_handler, metrics, config, proxies, refused)
    return app


def _cors(config: Config) -> CORSConfig | None:
    """Whose pages may call: nobody's, unless named. Never with cookies."""
    if not config.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(config.cors_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match"],
        expose_headers=["ETag", "Retry-After", "X-Request-Id"],
        max_age=_PREFLIGHT_SECONDS,
    )


def _lifespan(config: Config) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        if config.clock_start is not None:
            clock.start_at(config.clock_start)
        vault.load(config.keys or config.key_file)
        files.load(config)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(database.pool(config))
            await stack.enter_async_context(clients.writing_uses())
            app.state.joiner = Joiner()
            stack.push_async_callback(app.state.joiner.close)
            if config.redis_url:
                redis = await stack.enter_async_context(Redis.from_url(config.redis_url))
                app.state.limiter = Limiter(redis, config)
            yield

    return lifespan


async def _prove_ring(config: Config) -> None:
    """Before uvicorn, which would bury the reason in a traceback."""
    vault.load(config.keys or config.key_file)
    try:
        async with database.pool(config):
            await keys.prove_ring(Call(actor=Anyone(), now=clock.now()))
    except database.LOST as error:
        raise ConfigError(f"the database does not answer: {type(error).__name__}") from None


def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT. Raises ConfigError: no database, or not its keys."""
    log.setup(config)
    asyncio.run(_prove_ring(config))
    uvicorn.run(
        create_app(config),
        host=config.host,
        port=config.port,
        loop="uvloop",
        http=Connection,
        workers=1,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
