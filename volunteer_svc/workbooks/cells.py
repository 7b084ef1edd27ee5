"""What one cell says as text, a word or a whole number, in the shapes people type them."""

import re
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from typing import Generic, TypeVar

from volunteer_svc.domain.errors import Param

Cell = str | float | bool | date | time | timedelta
"""What calamine hands out (an error value such as `#N/A` arrives as an empty text)."""

T = TypeVar("T")

_FULL_WIDTH = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: " "}
# Control characters (PostgreSQL stores no NUL), zero-width and direction marks: pasted, unseen.
_UNSEEN = dict.fromkeys(
    [
        *(*range(9), *range(0xE, 0x20), *range(0x7F, 0xA0)),
        *(0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF),
    ]
)
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}]) (?=[{_HAN}])")

_WHOLE = re.compile(r"(\d{1,9})(?:\.0*)?(?:分钟?)?", re.ASCII)
_DESTROYED_NUMBER = re.compile(r"\d(?:\.\d+)?[eE]\+\d+", re.ASCII)


class CellError(Exception):
    """This cell cannot be read. Carries no part of the cell: it may be somebody's data."""

    def __init__(self, code: str, **params: Param) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def text(cell: Cell) -> str:
    """Text as it is, without stray blanks and unseen characters. A number becomes its digits."""
    if isinstance(cell, str):
        if cell.isalnum():  # as most cells are: nothing to take away
            return cell
        return " ".join(cell.translate(_UNSEEN).split())
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return str(cell)


def half_width(cell: Cell) -> str:
    return " ".join(text(cell).translate(_FULL_WIDTH).split())


def compact(cell: Cell) -> str:
    """For codes, numbers and words: half-width and without any blank."""
    return half_width(cell).replace(" ", "")


def blank(cell: Cell) -> bool:
    return isinstance(cell, str) and not text(cell)


def text_within(length_max: int, form: Callable[[Cell], str] = text) -> Callable[[Cell], str]:
    """A reader of text that refuses more than `length_max` characters."""

    def read(cell: Cell) -> str:
        words = form(cell)
        if len(words) > length_max:
            raise CellError("cell_too_long", length_max=length_max)
        return words

    return read


def person_name(cell: Cell) -> str:
    """Two-character names are set as 「张　三」, to align them; the blank is no part of them."""
    return _BETWEEN_HAN.sub("", text(cell))


def document_number(cell: Cell) -> str:
    """A spreadsheet keeps 15 digits of a number: of 18 the last three are gone. Not guessed."""
    number = compact(cell)
    if not isinstance(cell, str) or _DESTROYED_NUMBER.fullmatch(number):
        raise CellError("id_cell_not_text")
    return number


class Words(Generic[T]):
    """A reader of the words in `meanings`; a refusal shows the first word of each meaning."""

    def __init__(self, meanings: Mapping[str, T]) -> None:
        self._meanings = meanings
        self.shown: dict[T, str] = {}
        for spelling, meaning in meanings.items():
            self.shown.setdefault(meaning, spelling)

    def __call__(self, cell: Cell) -> T:
        meaning = self._meanings.get(compact(cell))
        if meaning is None:
            raise CellError("cell_unknown_word", allowed="、".join(self.shown.values()))
        return meaning


def whole_number(cell: Cell) -> int:
    match = _WHOLE.fullmatch(compact(cell))
    if match is None or isinstance(cell, bool):
        raise CellError("cell_not_a_number")
    return int(match[1])
