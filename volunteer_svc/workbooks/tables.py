"""Writes tables as a workbook: a sheet each, words as words and numbers as numbers."""

from collections.abc import Iterable, Sequence
from io import BytesIO

import msgspec

from volunteer_svc.workbooks.books import new_book

CELL_LENGTH_MAX = 32_767
SHEET_NAME_MAX = 31
_WIDTH_MIN, _WIDTH_MAX = 8, 48
_NOT_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


class Table(msgspec.Struct, frozen=True):
    """`title` names it; a row has a cell for each header. Whole numbers and floats are numbers,
    everything else is text, whatever it begins with."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str | int | float]]


def write_tables(tables: Iterable[Table]) -> bytes:
    """The workbook. A cell that begins with = is what somebody typed, and stays that."""
    file = BytesIO()
    workbook = new_book(file)
    bold = workbook.add_format({"bold": True, "bg_color": "#f3ece2", "bottom": 1})
    text = workbook.add_format({"num_format": "@"})
    for table in tables:
        sheet = workbook.add_worksheet(table.title.translate(_NOT_IN_NAMES)[:SHEET_NAME_MAX])
        for at, header in enumerate(table.headers):
            sheet.write_string(0, at, header, bold)
            widest = max((_width(row[at]) for row in table.rows), default=0)
            width = min(max(widest, _width(header), _WIDTH_MIN), _WIDTH_MAX)
            sheet.set_column(at, at, width + 2)
        sheet.freeze_panes(1, 0)
        for line, row in enumerate(table.rows, start=1):
            for at, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(line, at, value[:CELL_LENGTH_MAX], text)
                else:
                    sheet.write_number(line, at, value)
    workbook.close()
    return file.getvalue()


def _width(value: str | float) -> int:
    """In columns: a Chinese character takes two."""
    return sum(1 + (character > "\u2e7f") for character in str(value))
