"""The words of the pages: one file for an area and a language, `<area>.<language>.json`."""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from volunteer_svc.i18n import Language


@cache
def page_words(language: Language) -> dict[str, str]:
    """All words of the pages as `area.name`."""
    found: dict[str, str] = {}
    for file in sorted(files(__name__).iterdir(), key=lambda one: one.name):
        area, _, rest = file.name.partition(".")
        if rest == f"{language}.json":
            said = msgspec.json.decode(file.read_bytes(), type=dict[str, str])
            found |= {f"{area}.{name}": text for name, text in said.items()}
    return found


def say(key: str, language: Language, params: dict[str, Any] | None = None) -> str:
    """The words of `area.name` with its `{params}` filled in. Raises KeyError: a test finds it."""
    return page_words(language)[key].format_map(params or {})
