"""Inductions: planned, ticked off, printed."""

from datetime import timedelta

import pytest

from tests.builders import TODAY, active, registered, staff, station


@pytest.fixture
async def home(browser):
    home = await station()
    browser.signed_in(await staff("social_worker", home.id))
    return home


async def planned(browser, day=TODAY):
    page = await browser.send("/staff/inductions", {"held_on": f"{day}", "place": "二楼"})
    assert "已安排" in page.text, page.text
    return page.url.path


async def test_a_session_is_planned_once_and_a_second_one_refused(browser, home):
    await planned(browser)
    page = await browser.send("/staff/inductions", {"held_on": f"{TODAY}", "place": "二楼"})
    assert page.status_code == 422
    assert 'href="#f-held-on"' in page.text
    assert 'value="二楼"' in page.text


async def test_who_is_ticked_or_typed_in_becomes_active(browser, home):
    ticked, typed = (
        await registered(home.id, name="勾选的"),
        await registered(home.id, name="写号的"),
    )
    done = await active(home.id, name="早就会的")
    path = await planned(browser)
    page = await browser.open(path)
    assert "勾选的" in page.text
    assert "早就会的" not in page.text
    fields = {"came": str(ticked.id), "numbers": f"{typed.member_no}，{done.member_no}\n00000000"}
    page = await browser.send(path, fields)
    assert "2 人生效" in page.text
    assert page.text.count("<li><bdi>") == 2, "who was there before, and an unknown number"
    assert f'value="{ticked.id}"' not in page.text


async def test_a_line_ticked_by_mistake_is_taken_back_by_the_head(browser, home):
    wrong = await registered(home.id, name="勾错的")
    path = await planned(browser)
    page = await browser.send(path, {"came": str(wrong.id)})
    assert f"{path}/revoke" not in page.text, "not by a social worker"
    browser.http.cookies.clear()
    browser.signed_in(await staff("station_head", home.id))
    line = {"volunteer_id": str(wrong.id), "reason": ""}
    page = await browser.send(f"{path}/revoke", line, page=path)
    assert page.status_code == 422
    page = await browser.send(f"{path}/revoke", line | {"reason": "没有来"}, page=path)
    for words in ("已撤销，原记录留存", "没有来", "到场 0 人", f'value="{wrong.id}"'):
        assert words in page.text
    assert f"{path}/revoke" not in page.text
    page = await browser.open(f"/staff/volunteers/{wrong.id}")
    assert "入会辅导被撤销" in page.text
    await browser.send(path, {"came": str(wrong.id)})
    page = await browser.open("/staff/inductions")
    assert "到场 1 人" in page.text
    page = await browser.send(f"{path}/revoke", line | {"reason": "自己登记的"}, page=path)
    assert "另一位社工" in page.text


async def test_nobody_ticked_is_told(browser, home):
    await registered(home.id)
    page = await browser.send(await planned(browser), {"numbers": " , "})
    assert page.status_code == 422
    assert "至少勾选一条" in page.text


async def test_a_session_to_come_can_be_printed_but_not_ticked(browser, home):
    await registered(home.id, name="要来的")
    path = await planned(browser, TODAY + timedelta(days=3))
    assert 'name="came"' not in (await browser.open(path)).text
    assert "要来的" in (await browser.open(f"{path}/print")).text


async def test_the_county_chooses_the_station(browser, home):
    browser.signed_in(await staff("county"))
    page = await browser.send("/staff/inductions", {"held_on": f"{TODAY}"})
    assert page.status_code == 422
    assert 'href="#f-station-id"' in page.text
    fields = {"held_on": f"{TODAY}", "station_id": str(home.id)}
    assert "已安排" in (await browser.send("/staff/inductions", fields)).text
