"""Reads a county workbook: bytes in, typed rows and problems out; no rule about volunteers."""

from volunteer_svc.confined import ask
from volunteer_svc.domain.errors import refuse
from volunteer_svc.workbooks.rows import (
    BadRow,
    CellFault,
    CountyWorkbook,
    RosterRow,
    ServiceRow,
    StationRow,
)

__all__ = [
    "BadRow",
    "CellFault",
    "CountyWorkbook",
    "RosterRow",
    "ServiceRow",
    "StationRow",
    "read_county",
]

SECONDS_MAX = 120
_APART = "volunteer_svc.workbooks.apart"


def read_county(content: bytes, *, rows_max: int = 200_000) -> CountyWorkbook:
    """Blocks while a process of its own reads the file: call it in a thread.

    A workbook of a few kilobytes can make calamine abort or fill the memory (one cell at
    XFD1048576 is enough), and neither is an exception; so it must not happen in the server.
    Refused with `workbook_unreadable`, `workbook_too_large`, `workbook_sheet_missing`,
    `workbook_column_missing`, `workbook_column_repeated`; never another exception for a file.
    """
    too_large = refuse("workbook_too_large", rows_max=rows_max)
    return ask(_APART, rows_max, content, CountyWorkbook, seconds=SECONDS_MAX, killed=too_large)
