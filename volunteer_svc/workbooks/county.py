"""Reads a county workbook: bytes in, typed rows and problems out; no rule about volunteers."""

import subprocess
import sys
from pathlib import Path

from volunteer_svc.domain.errors import refuse
from volunteer_svc.workbooks.answers import unpack
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
_SOURCE_ROOT = Path(__file__).parents[2]


def read_county(content: bytes, *, rows_max: int = 200_000) -> CountyWorkbook:
    """Blocks while a process of its own reads the file: call it in a thread.

    A workbook of a few kilobytes can make calamine abort or fill the memory (one cell at
    XFD1048576 is enough), and neither is an exception; so it must not happen in the server.
    Refused with `workbook_unreadable`, `workbook_too_large`, `workbook_sheet_missing`,
    `workbook_column_missing`, `workbook_column_repeated`; never another exception for a file.
    """
    command = [sys.executable, "-m", _APART, str(rows_max)]
    try:
        done = subprocess.run(  # noqa: S603 - no part of the command comes from outside
            command,
            input=content,
            capture_output=True,
            timeout=SECONDS_MAX,
            env={"PYTHONPATH": str(_SOURCE_ROOT)},  # and no secret of the server
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise refuse("workbook_too_large", rows_max=rows_max) from None
    if done.returncode < 0:  # killed: by a limit of `apart`, by calamine's abort, or for memory
        raise refuse("workbook_too_large", rows_max=rows_max)
    if done.returncode > 0:  # no file can do this: the installation is broken
        raise RuntimeError(f"{_APART} did not run: {done.stderr[-500:]!r}")
    return unpack(done.stdout)
