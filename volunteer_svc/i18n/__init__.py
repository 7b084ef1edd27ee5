"""Turns codes into words: a title and a sentence with the way out, in Chinese or English."""

from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import msgspec

Language = Literal["zh-CN", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "zh-CN"


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`title` names the kind of problem, `detail` says what is wrong and what to do."""

    title: str
    detail: str


class Dictionary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`codes`: sentences with `{param}` places. `terms`: words for values, as `param.value`."""

    codes: dict[str, Words]
    terms: dict[str, str]


class _Known(dict[str, Any]):
    """The params of a sentence; one that was not given reads as an ellipsis."""

    def __missing__(self, name: str) -> str:
        return "…"


@cache
def dictionary(language: Language) -> Dictionary:
    text = files(__name__).joinpath(f"{language}.json").read_bytes()
    return msgspec.json.decode(text, type=Dictionary)


def words(code: str, params: dict[str, Any], language: Language) -> Words:
    """The words of a code. One that has none yet is shown as it is."""
    known = dictionary(language).codes.get(code)
    if known is None:
        return Words(code, code)
    shown = _Known((name, term(name, value, language)) for name, value in params.items())
    return Words(known.title.format_map(shown), known.detail.format_map(shown))


def term(name: str, value: object, language: Language) -> str:
    """The word for a value where there is one: `state`, `active` → 在册服务."""
    return dictionary(language).terms.get(f"{name}.{value}", str(value))


def language_of(accept_language: str | None) -> Language:
    """The first language of an Accept-Language header that is spoken here, by its weights."""
    asked: list[tuple[float, str]] = []
    for part in (accept_language or "").split(","):
        tag, _, q = part.strip().lower().partition(";q=")
        try:
            asked.append((float(q or 1), tag))
        except ValueError:
            continue
    # Sorting is stable: of equal weights the first one stays first.
    for weight, tag in sorted(asked, key=lambda one: -one[0]):
        for language in LANGUAGES:
            if weight > 0 and tag.split("-")[0] == language.split("-")[0]:
                return language
    return DEFAULT
