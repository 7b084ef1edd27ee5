"""A sheet as a grid of cells: finds the header, and makes each line a typed row or a bad row."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

import msgspec

from volunteer_svc.domain.errors import Fault, Refusal, refuse
from volunteer_svc.workbooks import cells
from volunteer_svc.workbooks.layout import ROW_NUMBER, Column, Sheet
from volunteer_svc.workbooks.rows import BadRow, CellFault

HEADER_WITHIN = 20
"""The header is looked for in so many filled lines: titles and notes stand above it."""

TEXT_MAX = 2_000
"""So much of a cell that cannot be read is kept; the longest that can be has no more."""

Line = tuple[int, list[cells.Cell]]
"""The number Excel shows beside a row, and the cells from column A on."""


class Place(msgspec.Struct, frozen=True):
    """Where a declared column stands in this sheet."""

    column: Column
    at: int
    printed: str


def read(sheet: Sheet, lines: Iterable[Line], *, rows_max: int) -> list[Any]:
    """The sheet's rows in order; blank lines, and lines with nothing but a number, are no rows."""
    filled = (line for line in lines if not all(map(cells.blank, line[1])))
    top = list(islice(filled, HEADER_WITHIN))
    if not top:
        return []
    at = max(range(len(top)), key=lambda n: len(_places(sheet, top[n][1])))
    places = _places(sheet, top[at][1])
    _demand_columns(sheet, [place.column.field for place in places])
    numbers_at = next((n for n, cell in enumerate(top[at][1]) if _header(cell) == ROW_NUMBER), None)
    rows: list[Any] = []
    for line, row in _with_content(chain(top[at + 1 :], filled), places):
        if len(rows) == rows_max:
            raise refuse("workbook_too_large", rows_max=rows_max)
        number = line if numbers_at is None else _number(row[numbers_at], line)
        rows.append(_row(sheet, places, number, line, row))
    return rows


def _header(cell: cells.Cell) -> str:
    return cells.compact(cell).strip("*")  # a star marks what must be filled in


def _places(sheet: Sheet, row: list[cells.Cell]) -> list[Place]:
    """In the order of the sheet."""
    headers = [_header(cell) for cell in row]
    columns = {
        name: column for column in sheet.columns if (name := _called(column, headers)) is not None
    }
    return [
        Place(columns[header], at, cells.text(row[at]))
        for at, header in enumerate(headers)
        if header in columns
    ]


def _called(column: Column, headers: Sequence[str]) -> str | None:
    """What the column is called here: its own name, else the first of its others that is there."""
    return next((name for name in (column.header, *column.also) if name in headers), None)


def _demand_columns(sheet: Sheet, there: list[str]) -> None:
    needed = {column.field for column in sheet.columns if column.needed != "no"}
    if not any(set(group) <= set(there) for group in sheet.either):
        needed |= set(sheet.either[0])
    missing = needed - set(there)
    repeated = {field for field in there if there.count(field) > 1}
    faults = [
        Fault(code, None, {"sheet": sheet.name, "column": column.header})
        for code, fields in (
            ("workbook_column_missing", missing),
            ("workbook_column_repeated", repeated),
        )
        for column in sheet.columns
        if column.field in fields
    ]
    if faults:
        raise Refusal(*faults)


def _with_content(lines: Iterable[Line], places: list[Place]) -> Iterator[Line]:
    for number, row in lines:
        if not all(cells.blank(row[place.at]) for place in places):
            yield number, row


def _number(cell: cells.Cell, line: int) -> int:
    try:
        return cells.whole_number(cell)
    except cells.CellError:
        return line


def _row(sheet: Sheet, places: list[Place], number: int, line: int, row: list[cells.Cell]) -> Any:
    values: dict[str, Any] = {column.field: column.if_blank for column in sheet.columns}
    found: list[tuple[Place, Fault]] = []
    for place in places:
        column, cell = place.column, row[place.at]
        try:
            if not cells.blank(cell):
                values[column.field] = column.read(cell)
            elif column.needed == "cell":
                raise cells.CellError("cell_missing")  # noqa: TRY301 - one way to say what is wrong
        except cells.CellError as error:
            found.append((place, Fault(error.code, column.field, error.params)))
    unread = {place.column.field for place, _ in found}
    if sheet.settle and (fault := sheet.settle(values, unread)):
        found.append((_place(sheet, places, fault.field), fault))
    if not found:
        return sheet.row(number, line, **values)
    found.sort(key=lambda one: (one[1].code != "id_cell_not_text", one[0].at))
    texts = {place.column.field: cells.text(row[place.at]) for place in places}
    return BadRow(
        sheet.name, number, line, tuple(_marked(place, fault) for place, fault in found),
        tuple(texts.get(column.field, "")[:TEXT_MAX] for column in sheet.columns),
    )  # fmt: skip


def _place(sheet: Sheet, places: list[Place], field: str | None) -> Place:
    """Where a fault is shown: its own column, else the first there that could have mended it."""
    there = {place.column.field: place for place in places}
    wanted = [field, *chain(*sheet.either)]
    return next(there[name] for name in wanted if name in there)


def _marked(place: Place, fault: Fault) -> CellFault:
    params = {"column": place.column.header, **fault.params}
    return CellFault(place.printed, _letter(place.at), Fault(fault.code, fault.field, params))


def _letter(at: int) -> str:
    letters = ""
    while at >= 0:
        at, rest = divmod(at, 26)
        letters = chr(ord("A") + rest) + letters
        at -= 1
    return letters
