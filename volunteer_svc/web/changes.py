"""What an entry of the audit trail says, in words: a line for each value, before and after."""

import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from volunteer_svc.domain.trail import MASKED
from volunteer_svc.i18n import Language, term
from volunteer_svc.i18n.dates import day, moment
from volunteer_svc.i18n.pages import page_words, say

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*")


class Change(msgspec.Struct, frozen=True):
    """None: there was, or is, nothing. What is no change but a fact has only an `after`."""

    field: str
    before: str | None
    after: str | None


def changes_of(detail: dict[str, Any], names: dict[str, str], language: Language) -> list[Change]:
    """The lines of an entry's `detail`; `names`: what the ids in it are called."""
    old, new = _flat(detail.get("before")), _flat(detail.get("after"))
    facts = _flat({k: v for k, v in detail.items() if k not in ("before", "after")})
    lines = [(one, old.get(one), new.get(one)) for one in {**old, **new}]
    lines += [(one, None, value) for one, value in facts.items()]

    def shown(path: tuple[str, ...], value: Any) -> str | None:
        return None if value is None else _value(path[-1], value, names, language)

    return [
        Change(" · ".join(_field(part, names, language) for part in path),
               shown(path, before), shown(path, after))
        for path, before, after in lines
    ]  # fmt: skip


def _flat(value: Any, inside: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    found: dict[tuple[str, ...], Any] = {}
    for name, one in (value or {}).items():
        path = (*inside, name)
        found |= _flat(one, path) if isinstance(one, dict) else {path: one}
    return found


def _field(name: str, names: dict[str, str], language: Language) -> str:
    if name in names:
        return names[name]
    if f"audit.field_{name}" in page_words(language):
        return say(f"audit.field_{name}", language)
    told = term("export", name, language)
    return name.replace("_", " ") if told == name else told


def _value(field: str, value: Any, names: dict[str, str], language: Language) -> str:
    if value is True or value is False:
        return say("audit.yes" if value else "audit.no", language)
    if isinstance(value, list):
        return ", ".join(_value(field, one, names, language) for one in value) or "—"
    if isinstance(value, dict):
        return ", ".join(
            f"{_field(k, names, language)}: {_value(k, v, names, language)}"
            for k, v in value.items()
        )
    text = str(value)
    if text == MASKED:
        return say("audit.masked", language)
    if text in names:
        return names[text]
    if _DAY.fullmatch(text):
        return day(date.fromisoformat(text), language)
    if _MOMENT.fullmatch(text):
        return moment(datetime.fromisoformat(text), language)
    return short(text) if _is_id(text) else term(field, text, language)


def short(text: str) -> str:
    """The end of an id that nobody gave a name: enough to tell two apart."""
    return f"…{text[-6:]}"


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
