"""Paper: what a name holds is letters and nothing else, rare ones too; the same bytes each time."""

from datetime import date

import msgspec
import pytest

from tests.printing.pdf import fonts, pages, streams, text_of
from volunteer_svc.domain.certificate import Served, Statement, service_statement
from volunteer_svc.printing import paper, press
from volunteer_svc.printing.paper import Section, Sheet

HOSTILE = '#panic("x") $x^2$ *b* _i_ @ref <l> \\ // `r` [ #{ } ] "quote" \u202e ~ = - + / 😀 \u0000'
RARE = "喆堃䶮𬭎㛃"
DAY = date(2026, 3, 3)


def sheet(name="王小明", title="敬老院陪伴", count=3, **changes):
    records = [Served(DAY, f"{title}{n}", "elder_care", 60, False) for n in range(count)]
    stated = service_statement(
        records, unit="海州街道社会工作服务站", name=name, member_no="V-2026-1", from_on=DAY,
        to_on=DAY,
    )  # fmt: skip
    plain = Sheet(
        number="HC01-2026-000001",
        code="AAAA-BBBB-CCCC-DDDD-EEEE",
        url="https://example.org/verify/AAAA-BBBB-CCCC-DDDD-EEEE",
        state="valid",
        issued_on=DAY,
        stated=stated,
    )
    return msgspec.structs.replace(plain, **changes)


def star(**changes):
    stated = Statement(kind="star", unit="海州街道社会工作服务站", name="王小明", minutes=6_000,
                       member_no="V-2026-1", star=1, won_on=DAY, **changes)  # fmt: skip
    return sheet(stated=stated)


async def test_certificates_are_drawn_with_their_font_inside_and_the_same_bytes_each_time():
    hostile = sheet(HOSTILE + RARE, HOSTILE)
    async with press.opened() as opened:
        drawn = await opened.draw("service_time", paper.certificates([hostile]), stamp=7)
        again = await opened.draw("service_time", paper.certificates([hostile]), stamp=7)
        assert drawn == again
        assert pages(drawn) == 1
        shown = text_of(drawn)
        assert [one for one in RARE if one not in shown] == []
        assert [one for one in "#$*_@<`[{" if one not in shown] == [], "letters, not markup"
        assert fonts(drawn)
        assert all("+NotoSansCJK" in one for one in fonts(drawn)), "a subset of our own font only"
        assert len(drawn) < 250_000
        many = [sheet(), sheet(state="revoked"), sheet(count=40, title="名" * 128)]
        assert pages(await opened.draw("service_time", paper.certificates(many), stamp=7)) >= 3
        assert b"/StructTreeRoot" in b"".join([drawn, *streams(drawn)]), "can be read aloud"
        bare = await opened.draw("service_time", paper.certificates(many), stamp=7, tagged=False)
        assert b"/StructTreeRoot" not in b"".join([bare, *streams(bare)])
        assert text_of(bare) == text_of(
            await opened.draw("service_time", paper.certificates(many), stamp=7)
        )
        starred = await opened.draw("star", paper.certificates([star()]), stamp=7)
        assert pages(starred) == 1
        assert "星" in text_of(starred)
        facts, rows = [("姓名", HOSTILE), ("空", "")], [[HOSTILE, RARE], ["", "x"]] * 80
        file = paper.file("档案", HOSTILE, facts, [Section("服务", ["a", "b"], rows)], "note")
        assert pages(await opened.draw("file", file, stamp=7)) > 1


async def test_a_long_unit_and_name_stay_on_one_page():
    long = msgspec.structs.replace(sheet().stated, unit="长" * 128, name="名" * 64)
    for template, one in (("service_time", sheet(stated=long)),
                          ("star", star())):  # fmt: skip
        drawn = await press.drawn(template, paper.certificates([one]), stamp=7)
        assert pages(drawn) == 1


async def test_a_press_that_dies_or_a_broken_document_says_so_and_leaves_no_process():
    async with press.opened() as opened:
        with pytest.raises(press.PressError):
            await opened.draw("service_time", b'[{"no": "such fields"}]', stamp=7)
        assert await opened.draw("service_time", paper.certificates([sheet()]), stamp=7)
        opened._process.kill()
        with pytest.raises(press.PressError, match="stopped"):
            await opened.draw("service_time", paper.certificates([sheet()]), stamp=7)
    assert opened._process.returncode is not None
