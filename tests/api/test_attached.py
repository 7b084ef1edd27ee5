"""Names of files to keep: RFC 6266, in any script, on any file system."""

import pytest

from volunteer_svc.api.attached import XLSX, attached


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("records.xlsx", 'filename="records.xlsx"'),
        ("DG-2026-000001.pdf", 'filename="DG-2026-000001.pdf"'),
        ("报表 1.pdf", "filename=\"_ 1.pdf\"; filename*=UTF-8''%E6%8A%A5%E8%A1%A8%201.pdf"),
        ("喆.pdf", "filename=\"_.pdf\"; filename*=UTF-8''%E5%96%86.pdf"),
        ('a"; filename=b.exe', 'filename="a_; filename=b.exe"'),
        ("a\r\nSet-Cookie: x=1", 'filename="a_Set-Cookie_ x=1"'),
        ("../站\\点/x", "filename=\".._____x\"; filename*=UTF-8''.._%E7%AB%99_%E7%82%B9_x"),
    ],
)
def test_a_name_is_told_as_it_is_and_as_ascii_and_breaks_out_of_neither(name, told):
    headers = attached(b"", name, XLSX, "zh-CN").headers
    assert headers["Content-Disposition"] == f"attachment; {told}"
    assert headers["Content-Language"] == "zh-CN"
    assert "Content-Language" not in attached(b"", name).headers
