"""All pages: every module in `pages/` that has a `router` is one."""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules

from litestar import Litestar, Router
from litestar.routes import HTTPRoute

from volunteer_svc.api.rate_limit import limited
from volunteer_svc.config import Config
from volunteer_svc.identity.permissions import OPERATIONS, PLAIN
from volunteer_svc.web import pages
from volunteer_svc.web.static_files import read_static
from volunteer_svc.web.visit import DEPENDENCIES


def page_routes(config: Config) -> list[Router]:
    """A module is found by its name, so that areas are added without a list to edit.

    `router` is one, or a function that makes it of the settings: uploads may be larger.
    """
    names = sorted(one.name for one in iter_modules(pages.__path__))
    modules = [import_module(f"{pages.__name__}.{name}") for name in names]
    return [
        Router("/", guards=[limited("address")], dependencies=DEPENDENCIES,
               route_handlers=[_router(one.router, config) for one in modules]),
        Router("/", route_handlers=[read_static]),
    ]  # fmt: skip


def _router(given: Router | Callable[[Config], Router], config: Config) -> Router:
    return given if isinstance(given, Router) else given(config)


def check_pages(app: Litestar) -> None:
    """Raises RuntimeError for a page that names no operation of the permission table."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler, _ in route.route_handler_map.values():
                operation = handler.opt.get("page")
                if operation is not None and operation not in (*OPERATIONS, *PLAIN):
                    raise RuntimeError(f"{route.path}: no operation {operation}")
