"""The API document: OpenAPI 3.1, as JSON only; no page that would load from elsewhere."""

import asyncio
import gzip
import threading
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router, get
from litestar._openapi.plugin import OpenAPIPlugin
from litestar.config.app import AppConfig
from litestar.enums import OpenAPIMediaType
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

_CONFIG = OpenAPIConfig(
    title="volunteer-svc",
    version="1",
    summary="Volunteers of township social work stations: registration, hours, stars, annual lists",
    description="Errors are `application/problem+json` (RFC 9457) with a stable `code`, in the"
    " language of Accept-Language (zh-CN or en). Lists are pages continued by `next`. Times carry"
    " an offset; durations are integer minutes.",
    components=Components(
        security_schemes={
            "bearer": SecurityScheme(
                type="http",
                scheme="bearer",
                description="a session's token from signIn, or the key of a client",
            ),
            "cookie": SecurityScheme(
                type="apiKey",
                security_scheme_in="cookie",
                name="__Host-session",
                description="from signIn with `by=cookie`; named `session` where"
                " VOLUNTEER_COOKIE_SECURE is off",
            ),
            "csrf": SecurityScheme(
                type="apiKey",
                security_scheme_in="header",
                name="X-CSRF-Token",
                description="beside the cookie, with every method but GET and HEAD: `csrf_token`"
                " of the sign-in or of readMe",
            ),
        }
    ),
)


def document_of(app: Litestar) -> dict[str, Any]:
    """The API document, made anew: Litestar's own way to it keeps 12 MB for good."""
    plugin = OpenAPIPlugin(app)
    plugin.on_app_init(AppConfig(openapi_config=_CONFIG))
    for route in app.routes:
        plugin.receive_route(route)
    return plugin.provide_openapi_schema()


class Document:
    """The document of one application as JSON, packed: 35 kB of 600.

    Made when it is first asked for, in a thread: half a second, in which others are answered.
    """

    def __init__(self) -> None:
        self._packed: bytes | None = None
        self._making = threading.Lock()

    async def packed(self, app: Litestar) -> bytes:
        if self._packed is None:
            return await asyncio.to_thread(self._made, app)
        return self._packed

    def _made(self, app: Litestar) -> bytes:
        with self._making:
            if self._packed is None:
                self._packed = gzip.compress(msgspec.json.encode(document_of(app)), mtime=0)
            return self._packed


@get(["/", "/openapi.json"])
async def read_document(request: Request[Any, Any, Any]) -> Response[bytes]:
    body = await request.app.state.document.packed(request.app)
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
    else:
        body = gzip.decompress(body)
    return Response(body, media_type=OpenAPIMediaType.OPENAPI_JSON, headers=headers)


router = Router("/schema", include_in_schema=False, route_handlers=[read_document])
