"""A workbook to write into."""

from io import BytesIO
from typing import Any


def new_book(file: BytesIO) -> Any:
    """xlsxwriter's, empty: a cell that begins with = or http is what somebody typed, and stays."""
    import xlsxwriter  # type: ignore[import-untyped] # noqa: PLC0415 - 3 MB, for who takes one along

    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    return xlsxwriter.Workbook(file, options)
