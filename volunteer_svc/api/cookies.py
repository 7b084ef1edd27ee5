"""Sessions as cookies, and what keeps other sites from using them.

A browser sends cookies along with whatever request any page makes it send. So a request that
changes something under a cookie must come from our own origin, as far as the browser tells, and
carry a token that only our own pages can read. Bearer tokens need neither: no browser adds them.
"""

import hmac
import re
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.datastructures import Cookie

from volunteer_svc.config import Config
from volunteer_svc.domain.errors import refuse

CSRF_HEADER = "X-CSRF-Token"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})
"""Of Sec-Fetch-Site; `none` is the person himself, at the address bar."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")


def cookie_name(config: Config) -> str:
    """`__Host-`: browsers take it only over HTTPS, from this very host and for all of it."""
    return "__Host-session" if config.cookie_secure else "session"


def session_cookie(token: str, config: Config, *, seconds: int) -> Cookie:
    """No script can read it; 0 seconds take it away."""
    return Cookie(
        key=cookie_name(config),
        value=token,
        max_age=seconds,
        path="/",
        secure=config.cookie_secure,
        httponly=True,
        samesite="lax",
    )


def cookie_token(request: Request[Any, Any, Any], config: Config) -> str | None:
    """The session's token in the cookie, if any."""
    token = request.cookies.get(cookie_name(config), "")
    return token if _TOKEN.fullmatch(token) else None


def csrf_token(token: str) -> str:
    """The session's second token: made from the first, and no way back."""
    return hmac.digest(token.encode(), b"csrf", "sha256").hex()


def require_own_site(request: Request[Any, Any, Any]) -> None:
    """Raises `cross_site_request` (403) when the browser says that another site asks."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site not in _OURS:
        raise refuse("cross_site_request", kind="forbidden")
    if origin is not None and _host(origin) != request.headers.get("host", "").lower():
        raise refuse("cross_site_request", kind="forbidden")


def require_csrf(request: Request[Any, Any, Any], token: str) -> None:
    """For a request under a cookie. Raises `cross_site_request`, `csrf_token_wrong` (403)."""
    if request.method in _SAFE:
        return
    require_own_site(request)
    given = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), csrf_token(token).encode()):
        raise refuse("csrf_token_wrong", CSRF_HEADER, kind="forbidden")


def _host(origin: str) -> str | None:
    """The host and port of an Origin; None for `null` and for what is none."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
