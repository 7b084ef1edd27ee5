"""A reader's own figures: from a file, standard input, or his database."""

import csv
import io
import json
import sqlite3
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from volunteer_svc import store
from volunteer_svc.domain.digest import Figures, Place
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.store.figures import QUERY

STDIN = "-"
_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")
_COLUMNS = ("on", "station_id", "type", "events", "minutes", "stars")
Sum = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Events of one type, of one station (none: those without one), of one Shanghai day."""

    on: date
    station_id: UUID | None = None
    type: Annotated[str, Meta(min_length=1)]
    events: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    minutes: Sum = 0
    stars: Sum = 0


async def read(source: str) -> dict[Place, Figures]:
    """The figures in a CSV or JSON file, `-`, `sqlite:///file` or `postgresql://…`.

    Raises `figures_unreadable`, `figures_malformed`, `figures_twice`.
    """
    if source.startswith(_POSTGRES):
        return _figures(await store.figures.read(source))
    if source.startswith(_SQLITE):
        return _figures(_from_sqlite(Path(source.removeprefix(_SQLITE))))
    return _figures(_from_text(_text(source)))


def _text(source: str) -> str:
    try:
        return sys.stdin.read() if source == STDIN else Path(source).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error


def _from_sqlite(path: Path) -> Sequence[dict[str, Any]]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            return [dict(zip(_COLUMNS, row, strict=True)) for row in database.execute(QUERY)]
    except sqlite3.Error as error:
        raise _unreadable(error) from error


def _from_text(text: str) -> Sequence[dict[str, Any]]:
    if text.lstrip()[:1] not in ("[", "{"):
        return list(csv.DictReader(io.StringIO(text)))
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(error) from error
    return rows if isinstance(rows, list) else [rows]


def _figures(rows: Iterable[Any]) -> dict[Place, Figures]:
    found: dict[Place, Figures] = {}
    for number, given in enumerate(rows, 1):
        row = _row(number, given)
        place = (row.on, row.station_id, row.type)
        if place in found:
            raise refuse("figures_twice", row=number)
        found[place] = Figures(row.events, row.minutes, row.stars)
    return found


def _row(number: int, given: Any) -> Row:
    if isinstance(given, dict):  # CSV has no other way to say that there is none
        given = {key: value for key, value in given.items() if value not in ("", None)}
    try:
        return msgspec.convert(given, Row, strict=False)
    except msgspec.ValidationError as error:
        raise refuse("figures_malformed", row=number, reason=str(error)) from error


def _unreadable(error: Exception) -> Refusal:
    return refuse("figures_unreadable", reason=type(error).__name__)
