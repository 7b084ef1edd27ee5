"""The process that opens a workbook from outside: `python -m`, bytes in, rows out."""

import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO

import msgspec
from python_calamine import CalamineSheet, CalamineWorkbook

from volunteer_svc.confined import Refused, confine
from volunteer_svc.domain.errors import Refusal, refuse
from volunteer_svc.workbooks import cells, grid, layout
from volunteer_svc.workbooks.rows import CountyWorkbook

SHEETS = (layout.STATIONS, layout.ROSTER, layout.SERVICES)

MEMORY_BYTES_MAX = 1 << 30  # 200 000 rows of service take less than half of it
CPU_SECONDS_MAX = 60
UNPACKED_BYTES_MAX = 400 << 20
UNPACKED_RATIO_MAX = 200
"""Rows of a sheet pack to about a tenth; only a bomb packs to less than a two-hundredth."""


def parse(content: bytes, *, rows_max: int) -> CountyWorkbook:
    """In this process, which hostile bytes may end. Raises also zipfile's and calamine's errors."""
    _demand_size(content, rows_max)
    with CalamineWorkbook.from_filelike(BytesIO(content)) as workbook:
        names = {cells.compact(name): name for name in workbook.sheet_names}
        if not names.keys() & {sheet.name for sheet in SHEETS}:
            raise refuse("workbook_sheet_missing", sheet="、".join(sheet.name for sheet in SHEETS))
        rows = []
        for sheet in SHEETS:
            name = names.get(sheet.name)
            lines = _lines(workbook.get_sheet_by_name(name)) if name else iter(())
            rows.append(grid.read(sheet, lines, rows_max=rows_max))
    return CountyWorkbook(*rows)


def _demand_size(content: bytes, rows_max: int) -> None:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > min(UNPACKED_BYTES_MAX, (1 << 20) + UNPACKED_RATIO_MAX * len(content)):
        raise refuse("workbook_too_large", rows_max=rows_max)


def _lines(sheet: CalamineSheet) -> Iterator[grid.Line]:
    """Calamine begins at row 1, but at the first column that holds anything."""
    if sheet.start is None:
        return
    before: list[cells.Cell] = [""] * sheet.start[1]
    for line, row in enumerate(sheet.iter_rows(), start=1):
        yield line, before + row


def _answer(rows_max: int) -> bytes:
    answer: CountyWorkbook | Refused
    try:
        answer = parse(sys.stdin.buffer.read(), rows_max=rows_max)
        return msgspec.msgpack.encode(answer)
    except Refusal as refusal:
        answer = Refused(refusal.faults)
    except MemoryError:
        answer = Refused(refuse("workbook_too_large", rows_max=rows_max).faults)
    except BaseException:  # noqa: BLE001 - calamine's panics derive from BaseException
        answer = Refused(refuse("workbook_unreadable").faults)
    return msgspec.msgpack.encode(answer)


def _main() -> None:
    confine(MEMORY_BYTES_MAX, CPU_SECONDS_MAX)
    sys.stdout.buffer.write(_answer(rows_max=int(sys.argv[1])))


if __name__ == "__main__":
    _main()
