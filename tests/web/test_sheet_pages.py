"""The sheet over HTTP: as a plain form, and as the script uses it."""

import asyncio
import html
import re

import pytest

from tests.builders import TODAY, active, signed_in, staff, station
from volunteer_svc.store.database import fetch

JSON = {"accept": "application/json"}


@pytest.fixture
async def home(database):
    return await station(name="红旗社工站")


@pytest.fixture
async def clerk(browser, home):
    return browser.signed_in(await staff("social_worker", home.id))


def filled(home, *rows, **fields):
    """The form as it is sent: `rows` are who, or who and when."""
    given = {"station_id": str(home.id), "served_on": TODAY.isoformat(), "time": "8-9",
             "evidence": "staff"} | fields  # fmt: skip
    for n, row in enumerate(rows):
        who, time = row if isinstance(row, tuple) else (row, "")
        given |= {f"entries[{n}].who": who, f"entries[{n}].time": time}
    return given


async def posted(browser, fields, path="/staff/sheet", once="aa"):
    """As the script posts: with the token of the page, answered in JSON."""
    page = await browser.open("/staff/sheet")
    token = re.search(r'name="_csrf" value="([^"]+)"', page.text)[1]
    body = {"_csrf": token, "_once": once} | fields
    return await browser.http.post(path, data=body, headers=JSON)


async def records():
    return await fetch("SELECT * FROM service_record")


async def test_a_clerk_without_scripts_sends_a_sheet_and_mends_what_was_refused(clerk, home):
    one = await active(home.id, name="王小明")
    await active(home.id, name="王小明")
    await active(home.id, name="李春花")
    page = await clerk.send("/staff/sheet", filled(home, "lch", "王小明", ("李春花", "早上")))
    assert page.status_code == 422
    assert "计入 1 小时" in page.text
    assert page.text.count('aria-invalid="true"') == 2, "the refused lines alone are left"
    assert 'value="王小明"' in page.text
    assert 'value="早上"' in page.text
    assert f"{one.member_no} · 1990 年生 · 手机尾号" in page.text
    assert len(await records()) == 1
    fields = filled(home, one.member_no, ("李春花", "10-11:30"))
    page = await clerk.send("/staff/sheet", fields)
    assert page.status_code == 200
    assert page.text.count("计入") == 2
    assert len(await records()) == 3


async def test_more_lines_keep_what_was_typed(clerk, home):
    page = await clerk.send("/staff/sheet", filled(home, "王<b>") | {"more": "yes"})
    assert page.status_code == 200
    assert 'value="王&lt;b&gt;"' in page.text
    assert 'name="entries[15].who"' in page.text


async def test_an_empty_or_impossible_sheet_says_where(clerk, home):
    for fields, said in (
        (filled(home, ""), "签到表还没有一行"),
        (filled(home, "王", served_on="昨天"), "f-served-on"),
        (filled(home, "王", station_id=""), "f-station-id"),
        (filled(home, "王" * 200), "f-entries-0-who"),
    ):
        page = await clerk.send("/staff/sheet", fields)
        assert page.status_code == 422, fields
        assert said in page.text


async def test_a_sheet_sent_twice_with_its_key_is_recorded_once(clerk, home):
    await active(home.id, name="王小明")
    sent = [await posted(clerk, filled(home, "wxm"), once="0a-1") for _ in range(2)]
    assert sent[0].json() == sent[1].json()
    assert sent[0].json()["rows"][0]["outcome"] == "counted"
    at_once = await asyncio.gather(
        *(posted(clerk, filled(home, ("wxm", "10-11")), once="0a-2") for _ in range(4))
    )
    assert {one.status_code for one in at_once} <= {200, 422}
    assert len(await records()) == 2
    other = await posted(clerk, filled(home, ("wxm", "12-13")), once="0a-1")
    assert other.status_code == 422


async def test_a_check_tells_what_would_become_of_each_line_and_writes_nothing(clerk, home):
    await active(home.id, name="王小明")
    fields = filled(home, "wxm", ("wxm", "8:30-10"), "", ("谁", "22-1:30"))
    told = (await posted(clerk, fields, "/staff/sheet/check")).json()
    assert [(one["n"], one["outcome"]) for one in told["rows"]] == [
        (0, "counted"), (1, "refused"), (3, "refused"),
    ]  # fmt: skip
    assert told["rows"][1]["faults"][0]["cell"] == "time"
    assert await records() == []


async def test_a_late_sheet_says_above_what_all_lines_lack(clerk, home):
    await active(home.id, name="王小明")
    told = (await posted(clerk, filled(home, "wxm", served_on="2026-10-01"))).json()
    assert [one["cell"] for one in told["head"]] == ["late_reason"]


async def test_over_midnight_is_said(clerk, home):
    await active(home.id, name="王小明")
    yesterday = {"served_on": "2026-11-18"}
    told = (await posted(clerk, filled(home, ("wxm", "22-1:30"), **yesterday))).json()
    assert told["rows"][0]["said"] == "计入 3.5 小时（到次日）"


async def test_members_are_found_by_post_and_shown_with_their_number(clerk, home):
    one = await active(home.id, name="<b>王</b>")
    asked = {"station_id": str(home.id), "text": "<b>王"}
    told = await posted(clerk, asked, "/staff/sheet/members")
    assert told.json() == {
        "members": [{"member_no": one.member_no, "name": "<b>王</b>", "about": one.member_no}]
    }
    assert told.headers["cache-control"] == "no-store"
    assert (await clerk.http.get("/staff/sheet/members?text=王")).status_code == 405


@pytest.mark.parametrize("path", ["/staff/sheet", "/staff/sheet/check", "/staff/sheet/members"])
async def test_without_a_token_or_from_elsewhere_nothing_is_done(clerk, home, path):
    await active(home.id, name="王小明")
    page = await clerk.http.post(path, data=filled(home, "wxm") | {"text": "wxm"}, headers=JSON)
    assert page.status_code == 403
    assert await records() == []


async def test_who_does_not_record_gets_no_sheet(browser, home):
    person = await active(home.id)
    for who in (await signed_in(person.id), await staff("auditor"), await staff("admin")):
        page = await browser.signed_in(who).open("/staff/sheet")
        assert page.status_code in (403, 404), page.url
        assert "/staff/sheet" not in html.unescape(re.sub(r"<title>.*?</title>", "", page.text))


async def test_another_station_is_not_recorded_at(clerk):
    away = await station()
    person = await active(away.id)
    page = await clerk.send("/staff/sheet", filled(away, person.member_no))
    assert page.status_code == 403
    assert await records() == []


async def test_a_county_clerk_chooses_the_station(browser, home):
    await station(name="另一站")
    page = await browser.signed_in(await staff("county")).open("/staff/sheet")
    assert re.findall(r"<option value=\"[0-9a-f-]{36}\">([^<]+)", page.text) == [
        "红旗社工站", "另一站",
    ]  # fmt: skip
