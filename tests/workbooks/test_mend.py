"""Workbooks that are written to be filled in, mended and read again."""

import zipfile
from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook

from tests.workbooks.test_county import SERVICE, VOLUNTEER, read, table
from volunteer_svc.workbooks import apart
from volunteer_svc.workbooks.county import BadRow
from volunteer_svc.workbooks.mend import ToMend, write_mend, write_template


def mended(*rows: Any) -> bytes:
    return write_mend([ToMend(sheet, row, "为什么") for sheet, row in rows])


def test_rows_come_back_as_they_were_read() -> None:
    book = read({
        "会员登记表": table(VOLUNTEER | {"服务类别": "养老服务"}),
        "服务记录": table(SERVICE | {"结束时间": "24:00"}, SERVICE | {
            "开始时间": "", "结束时间": "", "服务时长(小时)": 2.5, "序号": 2,
        }),
    })  # fmt: skip
    rows = [("会员登记表", row) for row in book.roster]
    rows += [("服务记录", row) for row in book.services]  # type: ignore[misc]
    again = apart.parse(mended(*rows), rows_max=10)
    assert repr(again.roster).replace("line=2", "") == repr(book.roster).replace("line=2", "")
    assert again.services == book.services


def test_cells_that_could_not_be_read_come_back_as_text_and_never_as_formulas() -> None:
    typed = SERVICE | {"活动名称": "@SUM(A1)", "开始时间": "早上"}
    (bad,) = read({"服务记录": table(typed)}).services
    assert isinstance(bad, BadRow)
    content = mended(("服务记录", bad))
    head, row = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert row[head.index("活动名称*")] == "@SUM(A1)"
    assert row[-1] == "为什么"
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    (again,) = apart.parse(content, rows_max=10).services
    assert isinstance(again, BadRow)
    assert again.cells == bad.cells


def test_a_template_is_read_as_empty() -> None:
    book = apart.parse(write_template(), rows_max=10)
    assert (book.stations, book.roster, book.services) == ([], [], [])
