"""Language and theme: by `?lang=` and `?theme=`, kept in cookies; else as the browser says."""

from typing import Any, Literal, get_args

from litestar import Request
from litestar.datastructures import Cookie

from volunteer_svc.i18n import LANGUAGES, Language, language_of

Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)
_YEAR_SECONDS = 365 * 24 * 3600


def preferences(request: Request[Any, Any, Any]) -> tuple[Language, Theme]:
    """What this request asks for."""
    return (
        _one(LANGUAGES, request.query_params.get("lang"), request.cookies.get("lang"))
        or language_of(request.headers.get("accept-language")),
        _one(THEMES, request.query_params.get("theme"), request.cookies.get("theme")) or "auto",
    )


def preferences_of(scope: Any) -> tuple[Language, Theme]:
    return preferences(Request(scope))


def chosen(request: Request[Any, Any, Any]) -> list[Cookie]:
    """The cookies of what was chosen just now."""
    asked = {
        "lang": _one(LANGUAGES, request.query_params.get("lang")),
        "theme": _one(THEMES, request.query_params.get("theme")),
    }
    return [
        Cookie(key=name, value=value, max_age=_YEAR_SECONDS, path="/", httponly=True,
               samesite="lax")
        for name, value in asked.items()
        if value
    ]  # fmt: skip


def _one(known: tuple[Any, ...], *asked: str | None) -> Any:
    return next((one for one in asked if one in known), None)
