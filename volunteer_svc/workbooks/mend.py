"""Writes workbooks that the reader reads: empty ones to fill in, and refused rows to mend."""

from collections.abc import Iterable, Sequence
from datetime import date
from io import BytesIO
from typing import Any

import msgspec

from volunteer_svc.workbooks import cells, times
from volunteer_svc.workbooks.books import new_book
from volunteer_svc.workbooks.layout import ROW_NUMBER, SHEETS, Column, Sheet
from volunteer_svc.workbooks.rows import BadRow

REASON = "原因"
"""A column the reader does not know, and leaves alone when the mended file comes back."""
_LINES_MAX = 5_000
"""As many lines of a template take a choice from a list."""
_WIDE = 24


class ToMend(msgspec.Struct, frozen=True):
    """A row as it was read, and why it was refused."""

    sheet: str
    row: Any
    reason: str


def write_mend(rows: Iterable[ToMend]) -> bytes:
    """The refused rows alone, under the same headers, with what is wrong beside each."""
    by_sheet: dict[str, list[ToMend]] = {}
    for one in rows:
        by_sheet.setdefault(one.sheet, []).append(one)
    file, workbook, text, bold = _book()
    for sheet in SHEETS:
        if sheet.name not in by_sheet:
            continue
        page = _page(workbook, sheet, bold, text, extra=(REASON,))
        for line, one in enumerate(by_sheet[sheet.name], start=1):
            values = [str(one.row.row), *_texts(sheet, one.row), one.reason]
            for column, value in enumerate(values):
                # A cell that begins with = is what somebody typed, and stays that.
                page.write_string(line, column, value[:32_767], text)
    workbook.close()
    return file.getvalue()


def write_template(sheets: Sequence[Sheet] = SHEETS) -> bytes:
    """Empty sheets: a star marks what must be filled in, words are chosen from a list, and all
    cells are text, so that no number of eighteen digits is destroyed."""
    file, workbook, text, bold = _book()
    for sheet in sheets:
        page = _page(workbook, sheet, bold, text)
        for at, column in enumerate(sheet.columns, start=1):
            if isinstance(column.read, cells.Words):
                choice = {"validate": "list", "source": list(column.read.shown.values())}
                page.data_validation(1, at, _LINES_MAX, at, choice)
    workbook.close()
    return file.getvalue()


def _book() -> tuple[BytesIO, Any, Any, Any]:
    file = BytesIO()
    workbook = new_book(file)
    return file, workbook, workbook.add_format({"num_format": "@"}), _bold(workbook)


def _bold(workbook: Any) -> Any:
    return workbook.add_format({"bold": True, "bg_color": "#f3ece2", "bottom": 1})


def _page(workbook: Any, sheet: Sheet, bold: Any, text: Any, extra: Sequence[str] = ()) -> Any:
    page = workbook.add_worksheet(sheet.name)
    headers = [ROW_NUMBER, *(_printed(column) for column in sheet.columns), *extra]
    for at, header in enumerate(headers):
        width = 2 * len(header) + 4 if header not in (REASON, "证件号码*") else _WIDE
        page.set_column(at, at, 60 if header == REASON else width, text)
        page.write_string(0, at, header, bold)
    page.freeze_panes(1, 0)
    return page


def _printed(column: Column) -> str:
    return f"{column.header}*" if column.needed == "cell" else column.header


def _texts(sheet: Sheet, row: Any) -> list[str]:
    """A row's cells as the reader would read them again."""
    if isinstance(row, BadRow):
        return [*row.cells, *[""] * (len(sheet.columns) - len(row.cells))]
    return [_text(column, getattr(row, column.field)) for column in sheet.columns]


def _text(column: Column, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(column.read, cells.Words):
        return column.read.shown[value]
    if column.read in (times.start_minutes, times.end_minutes):
        return f"{value // 60:02d}:{value % 60:02d}"
    if column.read is times.hours_as_minutes:
        return f"{value}分钟"
    return value.isoformat() if isinstance(value, date) else str(value)
