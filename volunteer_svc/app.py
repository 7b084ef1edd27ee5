"""The HTTP service: the only wiring of configuration, store, key ring and routes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import uvicorn
from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide
from redis.asyncio import Redis

from volunteer_svc import clock, log
from volunteer_svc.actions.joined import Joiner
from volunteer_svc.api.edge import Edge
from volunteer_svc.api.metrics import Metrics
from volunteer_svc.api.openapi import OPENAPI
from volunteer_svc.api.problems import answer
from volunteer_svc.api.rate_limit import Limiter
from volunteer_svc.api.routes import routes, tell_all_methods
from volunteer_svc.config import Config
from volunteer_svc.identity import files, vault
from volunteer_svc.store import database

SHUTDOWN_SECONDS = 8
"""Running requests get this long, so that SIGTERM ends the process within ten."""


def create_app(config: Config) -> Litestar:
    """The application; connects to nothing before its lifespan is entered."""
    metrics = Metrics()
    app = Litestar(
        route_handlers=routes(config),
        dependencies={"config": Provide(lambda: config, sync_to_thread=False)},
        exception_handlers={Exception: answer},
        lifespan=[_lifespan(config)],
        state=State({"config": config, "metrics": metrics, "limiter": Limiter(None)}),
        request_max_body_size=config.body_max_bytes,
        openapi_config=OPENAPI,
        logging_config=None,
    )
    tell_all_methods(app)
    # Outside of Litestar's own handler: its middlewares do not run for unknown routes.
    app.asgi_handler = Edge(app.asgi_handler, metrics)
    return app


def _lifespan(config: Config) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        if config.clock_start is not None:
            clock.start_at(config.clock_start)
        vault.load(config.key_file)
        files.load(config)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(database.pool(config))
            app.state.joiner = Joiner()
            stack.push_async_callback(app.state.joiner.close)
            if config.redis_url:
                redis = await stack.enter_async_context(Redis.from_url(config.redis_url))
                app.state.limiter = Limiter(redis)
            yield

    return lifespan


def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT."""
    log.setup(config)
    uvicorn.run(
        create_app(config),
        host=config.host,
        port=config.port,
        loop="uvloop",
        workers=1,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
