import zipfile
from io import BytesIO

from python_calamine import CalamineWorkbook

from volunteer_svc.workbooks.problems import Problem, write_problems


def test_problems_are_written_as_text_and_never_as_formulas_or_links() -> None:
    problems = [
        Problem("服务记录", 7, 8, '=HYPERLINK("http://x")', "cell_missing", "=1+1"),
        Problem("服务记录", 9, 10, "http://x", "cell_missing", "长" * 40_000),
    ]
    content = write_problems(problems)
    (heading, first, second) = (
        CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    )
    assert heading == ["工作表", "序号", "表内行号", "列", "代码", "说明"]
    assert first == ["服务记录", "7", "8", '=HYPERLINK("http://x")', "cell_missing", "=1+1"]
    assert second[:4] == ["服务记录", "9", "10", "http://x"]
    assert len(str(second[5])) == 32_767
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
        assert not [name for name in archive.namelist() if name.endswith("sheet1.xml.rels")]
