"""The HTTP service: the only wiring of configuration, store, key ring and routes."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress

import uvicorn
from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from redis.asyncio import Redis

from volunteer_svc import clock, log
from volunteer_svc.actions import clients
from volunteer_svc.actions.joined import Joiner
from volunteer_svc.actions.joined_signups import SignupJoiner
from volunteer_svc.actions.tail import Tail
from volunteer_svc.api.connection import Connection
from volunteer_svc.api.edge import Edge
from volunteer_svc.api.metrics import Metrics
from volunteer_svc.api.openapi import Document
from volunteer_svc.api.proxies import Proxies
from volunteer_svc.api.rate_limit import Limiter
from volunteer_svc.api.routes import check_operations, routes, tell_all_methods
from volunteer_svc.config import Config, ConfigError
from volunteer_svc.identity import files, sign_on, vault
from volunteer_svc.ready import ready
from volunteer_svc.start import keep_for_good, nothing_to_collect
from volunteer_svc.store import database
from volunteer_svc.web.errors import answer, refused
from volunteer_svc.web.routes import check_pages, page_routes

SHUTDOWN_SECONDS = 8
"""Running requests get this long, so that SIGTERM ends the process within ten."""
_PREFLIGHT_SECONDS = 600
_NOT_STARTED = 3
"""uvicorn's own exit code."""


class _Litestar(Litestar):
    """Without its plugins for pydantic and attrs, which nothing here is made of."""

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        """Litestar has no setting for it, and would load both as soon as they are installed: with
        all they note at each handler a fifth of its memory."""
        return [*plugins, MsgspecDIPlugin()]


@nothing_to_collect()
def create_app(config: Config) -> Litestar:
    """The application; connects to nothing before its lifespan is entered."""
    metrics = Metrics()
    proxies = Proxies(config.trusted_proxies, config.proxy_header)
    state = {
        "config": config,
        "metrics": metrics,
        "proxies": proxies,
        "limiter": Limiter(None, config),
        "document": Document(),
    }
    app = _Litestar(
        route_handlers=[*routes(config), *page_routes(config)],
        dependencies={"config": Provide(lambda: config, sync_to_thread=False)},
        exception_handlers={Exception: answer},
        lifespan=[_lifespan(config)],
        state=State(state),
        cors_config=_cors(config),
        request_max_body_size=config.body_max_bytes,
        openapi_config=None,
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
        clock.start_at(config.clock_start)
        vault.load(config.keys or config.key_file)
        files.load(config)
        sign_on.load(config)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(database.pool(config))
            await stack.enter_async_context(clients.writing_uses())
            app.state.tail = Tail(config)
            stack.push_async_callback(app.state.tail.close)
            app.state.joiner = Joiner()
            stack.push_async_callback(app.state.joiner.close)
            app.state.signups = SignupJoiner()
            stack.push_async_callback(app.state.signups.close)
            if config.redis_url:
                redis = await stack.enter_async_context(Redis.from_url(config.redis_url))
                app.state.limiter = Limiter(redis, config)
            yield

    return lifespan


async def _prove_ring(config: Config) -> None:
    """Before uvicorn, which would bury the reason in a traceback."""
    try:
        async with ready(config):
            pass
    except database.LOST as error:
        raise ConfigError(f"the database does not answer: {type(error).__name__}") from None


def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT. Raises ConfigError: no database, or not its keys."""
    log.setup(config)
    sign_on.load(config)
    asyncio.run(_prove_ring(config))
    app = create_app(config)
    keep_for_good()
    settings = uvicorn.Config(
        app,
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
    server = Server(settings, app)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_NOT_STARTED)


class Server(uvicorn.Server):
    """uvicorn, which would wait at its end for readers of events until their time is over."""

    def __init__(self, settings: uvicorn.Config, app: Litestar) -> None:
        super().__init__(settings)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if "tail" in self._app.state:  # it has got as far as its lifespan
            self._app.state.tail.end()
        await super().shutdown(sockets)
