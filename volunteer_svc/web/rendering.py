"""Templates into HTML: words, dates, hours; every value escaped."""

import re
from datetime import date
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from volunteer_svc.domain.hours import hours_shown
from volunteer_svc.i18n import Language, term
from volunteer_svc.i18n.dates import day, moment
from volunteer_svc.i18n.pages import page_words, say
from volunteer_svc.web.static_files import static_url, stylesheet


@cache
def environment() -> Environment:
    """One for the process; a name that a template asks for in vain is an error."""
    made = Environment(
        loader=PackageLoader("volunteer_svc.web"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["static"] = static_url
    made.globals["stylesheet"] = stylesheet
    made.filters["hours"] = hours_of
    made.filters["hours_missing"] = hours_missing
    made.filters["as_date"] = lambda text: date.fromisoformat(text) if text else None
    made.filters["slug"] = lambda name: re.sub(r"[^a-zA-Z0-9]+", "-", name).strip("-")
    return made


def render(template: str, language: Language, context: dict[str, Any]) -> bytes:
    """HTML of a template. What every template can call is written down in docs/pages.md."""

    def t(key: str, **params: Any) -> str:
        return say(key, language, params)

    def word(name: str, value: object) -> str:
        return term(name, value, language)

    tools = {
        "t": t,
        "term": word,
        "has_word": lambda key: key in page_words(language),
        "day": lambda value: day(value, language),
        "moment": lambda value: moment(value, language),
        "language": language,
    }
    text = environment().get_template(template).render(tools | context)
    return text.encode()


def hours_of(minutes: int) -> str:
    """Hours for people, rounded down: 90 minutes are `1.5`, 59 are `0.98`, 6000 are `100`."""
    return _short(hours_shown(minutes))


def hours_missing(minutes: int) -> str:
    """What is missing, rounded up: who serves that long has reached it."""
    hundredths = -(-minutes * 100 // 60)
    return _short(f"{hundredths // 100}.{hundredths % 100:02d}")


def _short(hours: str) -> str:
    return hours.rstrip("0").rstrip(".")
