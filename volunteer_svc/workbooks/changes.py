"""Who would change by a planned policy, as a workbook."""

from collections.abc import Iterable
from io import BytesIO

import msgspec

from volunteer_svc.domain.hours import hours_shown
from volunteer_svc.i18n import Language, term
from volunteer_svc.workbooks.books import new_book

HEADINGS = ("member_no", "station", "hours", "from_star", "to_star")


class Change(msgspec.Struct, frozen=True):
    """Minutes counted now; the star held and the one that the plan gives."""

    member_no: str
    station: str
    counted_minutes: int
    from_star: int
    to_star: int


def write_changes(rows: Iterable[Change], language: Language) -> bytes:
    """A line each under headings in that language; hours rounded down."""
    file = BytesIO()
    workbook = new_book(file)
    bold = workbook.add_format({"bold": True})
    page = workbook.add_worksheet()
    page.set_column(0, len(HEADINGS) - 1, 18)
    for column, name in enumerate(HEADINGS):
        page.write_string(0, column, term("heading", name, language), bold)
    for line, one in enumerate(rows, 1):
        page.write_string(line, 0, one.member_no)
        page.write_string(line, 1, one.station)
        page.write_number(line, 2, float(hours_shown(one.counted_minutes)))
        page.write_number(line, 3, one.from_star)
        page.write_number(line, 4, one.to_star)
    page.freeze_panes(1, 0)
    workbook.close()
    return file.getvalue()
