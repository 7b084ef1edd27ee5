"""Writes the problems of an import as a workbook: one line each, nothing but text."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

import msgspec

from volunteer_svc.workbooks.books import new_book

LINES_MAX = 1_000_000
"""Below what a sheet holds; more problems go on in a further sheet."""
_CELL_LENGTH_MAX = 32_767


class Problem(msgspec.Struct, frozen=True):
    """One thing to mend: where it is, its code, and the sentence that says the way out."""

    sheet: str
    row: int
    line: int
    column: str
    code: str
    sentence: str


def write_problems(
    problems: Iterable[Problem],
    headings: Sequence[str] = ("工作表", "序号", "表内行号", "列", "代码", "说明"),
) -> bytes:
    """`headings` stand above sheet, row, line, column, code and sentence."""
    file = BytesIO()
    workbook = new_book(file)
    bold = workbook.add_format({"bold": True})
    lines = (msgspec.structs.astuple(problem) for problem in problems)
    sheet = _sheet(workbook, headings, bold)
    for count, line in enumerate(lines):
        if count and count % LINES_MAX == 0:
            sheet = _sheet(workbook, headings, bold)
        for column, value in enumerate(line):
            sheet.write_string(count % LINES_MAX + 1, column, str(value)[:_CELL_LENGTH_MAX])
    workbook.close()
    return file.getvalue()


def _sheet(workbook: Any, headings: Sequence[str], bold: Any) -> Any:
    sheet = workbook.add_worksheet()
    for column, (heading, width) in enumerate(zip(headings, (14, 8, 10, 18, 26, 80), strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, heading, bold)
    sheet.freeze_panes(1, 0)
    return sheet
