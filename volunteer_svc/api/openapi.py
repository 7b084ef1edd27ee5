"""The API document: OpenAPI 3.1, as JSON only; no page that would load from elsewhere."""

from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

OPENAPI = OpenAPIConfig(
    title="volunteer-svc",
    version="1",
    summary="Volunteers of township social work stations: registration, hours, stars, annual lists",
    description="Errors are `application/problem+json` (RFC 9457) with a stable `code`, in the"
    " language of Accept-Language (zh-CN or en). Lists are pages continued by `next`. Times carry"
    " an offset; durations are integer minutes.",
    path="/schema",
    render_plugins=[JsonRenderPlugin()],
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
