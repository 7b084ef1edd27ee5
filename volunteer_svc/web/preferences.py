"""Language, theme and size of the type: by the address, kept in cookies; else as the browser says.

`?lang=en`, `?theme=contrast`, `?size=large`: links, so that they work without scripts.
"""

from typing import Any, Literal, get_args

import msgspec
from litestar import Request
from litestar.datastructures import Cookie

from volunteer_svc.i18n import LANGUAGES, Language, language_of

Theme = Literal["auto", "light", "dark", "contrast"]
Size = Literal["normal", "large"]
THEMES: tuple[Theme, ...] = get_args(Theme)
SIZES: tuple[Size, ...] = get_args(Size)
_KNOWN: dict[str, tuple[str, ...]] = {"lang": LANGUAGES, "theme": THEMES, "size": SIZES}
_YEAR_SECONDS = 365 * 24 * 3600


class Preferences(msgspec.Struct, frozen=True):
    """How somebody wants to read."""

    language: Language
    theme: Theme = "auto"
    size: Size = "normal"


def preferences(request: Request[Any, Any, Any]) -> Preferences:
    """What this request asks for."""
    return Preferences(
        _one(request, "lang") or language_of(request.headers.get("accept-language")),
        _one(request, "theme") or "auto",
        _one(request, "size") or "normal",
    )


def chosen(request: Request[Any, Any, Any]) -> list[Cookie]:
    """The cookies of what was chosen just now."""
    asked = {name: request.query_params.get(name) for name in _KNOWN}
    return [
        Cookie(key=name, value=value, max_age=_YEAR_SECONDS, path="/", httponly=True,
               samesite="lax")
        for name, value in asked.items()
        if value in _KNOWN[name]
    ]  # fmt: skip


def _one(request: Request[Any, Any, Any], name: str) -> Any:
    asked = (request.query_params.get(name), request.cookies.get(name))
    return next((one for one in asked if one in _KNOWN[name]), None)
